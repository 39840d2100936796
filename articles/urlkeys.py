"""One page under many addresses: what of a URL tells pages apart, and what does not."""

from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}
#: Parameters that say how a reader came, not where they are.
TRACKING = {
    "fbclid",
    "gclid",
    "dclid",
    "gbraid",
    "wbraid",
    "msclkid",
    "yclid",
    "twclid",
    "ttclid",
    "igshid",
    "igsh",
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "_ga",
    "_gl",
    "_hsenc",
    "_hsmi",
    "vero_id",
    "oly_anon_id",
    "oly_enc_id",
    "s_cid",
    "cmpid",
    "ref_src",
}
TRACKING_PREFIXES = ("utm_", "pk_", "mtm_", "hsa_")
KEPT_IN_PATH = "/:@!$&'()*+,;=-._~"


class NotAPage(ValueError):
    """This is not the address of a web page."""


def url_key(url: str) -> str:
    """The part of `url` that names a page: host, port, path, query; without scheme, fragment,
    trailing slash, tracking parameters, the host's case and the escapes' spelling.

    Raises NotAPage.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
        if parts.scheme not in DEFAULT_PORTS or not host or len(url) > 2_000:
            raise NotAPage(url)
        ascii_host = host.rstrip(".").encode("idna").decode()
    except (ValueError, UnicodeError) as fault:
        raise NotAPage(url) from fault
    place = f":{port}" if port and port not in DEFAULT_PORTS.values() else ""
    path = quote(unquote(parts.path), safe=KEPT_IN_PATH).rstrip("/")
    asked = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if name.lower() not in TRACKING and not name.lower().startswith(TRACKING_PREFIXES)
    ]
    query = f"?{urlencode(sorted(asked))}" if asked else ""
    return f"{ascii_host.lower()}{place}{path}{query}"
