# Varnish 7 before Colloquy, with xkey of varnish-modules: it keeps what everybody may read, and
# forgets at once what Colloquy tells it to. docs/cdn.md tells how it is set up.
#
# Yours to say: where web and live are, and from where Colloquy's workers may purge.
vcl 4.1;

import std;
import xkey;

backend web {
    .host = "127.0.0.1";
    .port = "8000";
    .first_byte_timeout = 60s;
}

backend live {
    .host = "127.0.0.1";
    .port = "8001";
}

acl purgers {
    "127.0.0.1";
    "::1";
}

sub vcl_recv {
    set req.backend_hint = web;

    # Colloquy itself, and no stranger for whom a proxy at one of these addresses speaks.
    if (req.method == "PURGE") {
        if (client.ip !~ purgers || req.http.X-Forwarded-For != "" + client.ip) {
            return (synth(405));
        }
        return (synth(200, xkey.purge(req.http.xkey-purge) + " forgotten"));
    }

    # Live streams: nothing of them is kept, counted or held back.
    if (req.url ~ "^/stream(\?|$)") {
        set req.backend_hint = live;
        return (pipe);
    }

    # The public reads: tests hold this list against the code. Who reads them is nobody in particular.
    if ((req.method == "GET" || req.method == "HEAD")
        && (req.url ~ "^/api/v1/threads/(lookup|[0-9a-f-]{36}(/comments(/[0-9a-f-]{36}(/replies|/context)?)?)?)(\?|$)"
            || req.url ~ "^/api/v1/counts(\?|$)"
            || req.url ~ "^/api/v1/articles/(trending|[0-9a-f-]{36}(/related)?)(\?|$)"
            || req.url ~ "^/api/v1/readers/[0-9a-f-]{36}(/comments)?(\?|$)")) {
        unset req.http.Authorization;
        unset req.http.X-Session-Token;
        unset req.http.Cookie;
        unset req.http.Cache-Control;
        return (hash);
    }

    return (pass);
}

sub vcl_pipe {
    # One request a connection: the next one is looked at again.
    set bereq.http.Connection = "close";
}

sub vcl_backend_response {
    if (bereq.uncacheable) {
        set beresp.do_stream = true;
        return (deliver);
    }
    # What is too old is never given, not even while it is fetched anew: it may have been removed.
    set beresp.grace = 0s;
    set beresp.keep = 0s;
    if (beresp.status >= 500) {
        set beresp.ttl = 0s;
        return (deliver);
    }
    if (beresp.http.Surrogate-Control ~ "max-age=[0-9]+") {
        set beresp.ttl = std.duration(
            regsub(beresp.http.Surrogate-Control, ".*max-age=([0-9]+).*", "\1s"), 1s);
    }
    set beresp.http.xkey = beresp.http.Surrogate-Key;
    return (deliver);
}

sub vcl_deliver {
    unset resp.http.Surrogate-Control;
    unset resp.http.xkey;
}
