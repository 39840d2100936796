"""Where we call, how long we wait, and how much we read."""

import gzip
import socket
import ssl
import threading
import time
from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_network

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from common import clock, outbound
from common.addresses import is_allowed
from common.outbound import BadAnswer, BadStatus, BlockedAddress, TimedOut, TooLarge, Unreachable
from tests.common.hook_server import (
    closed_port,
    dripping,
    hanging,
    hook_server,
    saying,
    ten_megabytes,
)

LOOPBACK = [ip_network("127.0.0.0/8")]


@pytest.fixture
def server(settings):
    """A server that we may call."""
    settings.OUTBOUND_ALLOWED_NETWORKS = LOOPBACK
    with hook_server() as server:
        yield server


def post(url, **more):
    return outbound.post(url, body=b'{"a": 1}', headers={"X-Key": "secret"}, **more)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",  # carriers' own
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",  # where clouds keep their secrets
        "172.16.0.1",
        "192.0.0.9",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",  # IPv4, "compatible"
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",  # NAT64
        "64:ff9b:1::7f00:1",
        "100::1",
        "2001::1",  # Teredo
        "2001:db8::1",
        "2002:7f00:1::",  # 6to4 of 127.0.0.1
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "fd00:ec2::254",
        "",
        "localhost",
        "127.1",
    ],
)
def test_an_address_that_is_not_public_is_refused(address):
    assert not is_allowed(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_a_public_address_is_allowed(address):
    assert is_allowed(address)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("10.2.0.1", False),
        ("fd00::1", True),
        ("fd01::1", False),
    ],
)
def test_the_operator_may_list_networks(address, allowed):
    networks = [ip_network("10.1.0.0/16"), ip_network("fd00::/16")]

    assert is_allowed(address, networks) is allowed


@pytest.fixture
def listeners():
    """Somebody listens on loopback, on IPv4 and IPv6; gives the port and who was heard."""
    heard = []
    four = socket.create_server(("0.0.0.0", 0))
    port = four.getsockname()[1]
    six = socket.create_server(("::", port), family=socket.AF_INET6)
    for each in (four, six):
        each.setblocking(False)
    yield port, heard
    for each in (four, six):
        with suppress(BlockingIOError):
            heard.append(each.accept())
        each.close()
    assert heard == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "0",
        "0.0.0.0",
        "0x7f000001",
        "0x7f.1",
        "017700000001",
        "0177.0.0.01",
        "2130706433",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "１２７.０.０.１",  # full width
        "127。0。0。1",  # ideographic full stops
        "①②⑦.0.0.1",
        "%31%32%37.0.0.1",
        "127.0.0.1%00.news.example",
        "[::]",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:7f00:0001]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "news.example@127.0.0.1",
        "127.0.0.1\\@news.example",
        "",
    ],
)
def test_no_spelling_of_our_own_machine_is_connected_to(listeners, host):
    port, _ = listeners

    with pytest.raises((BlockedAddress, Unreachable)):
        post(f"http://{host}:{port}/", seconds=2)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://news.example/",
        "file:///etc/passwd",
        "gopher://news.example/",
        "unix:///run/some.sock",
        "//news.example/",
        "news.example",
        "http://",
        "http:///path",
        "http://news.example:0/",
        "http://news.example:99999/",
        "http://user:password@news.example/",
        "http://news.example/\r\nHost: other",
        "http://[::1/",
        "",
    ],
)
def test_what_is_no_plain_web_address_is_not_looked_up(url, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", pytest.fail)

    with pytest.raises(BlockedAddress):
        post(url)


def resolver(monkeypatch, *answers):
    """Have `news.example` be at other addresses each time it is asked for."""
    real, said = socket.getaddrinfo, iter(answers)

    def getaddrinfo(host, port, *rest, **more):
        if host != "news.example":
            return real(host, port, *rest, **more)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in next(said)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["169.254.169.254"]]
)
def test_a_name_with_one_address_that_is_not_public_is_refused(monkeypatch, listeners, addresses):
    resolver(monkeypatch, addresses)

    with pytest.raises(BlockedAddress):
        post(f"http://news.example:{listeners[0]}/")


def test_a_name_that_changes_after_the_check_makes_no_difference(monkeypatch, settings):
    settings.OUTBOUND_ALLOWED_NETWORKS = [ip_network("127.0.0.2/32")]
    with hook_server() as ours:  # listens on 127.0.0.1 only
        resolver(monkeypatch, ["127.0.0.2"], ["127.0.0.1"], ["127.0.0.1"])

        with pytest.raises(Unreachable):
            post(ours.url.replace("127.0.0.1", "news.example"))

    assert ours.calls == []


def test_the_server_is_called_by_its_name(server, monkeypatch):
    resolver(monkeypatch, ["127.0.0.1"])

    answer = post(server.url.replace("127.0.0.1", "news.example") + "/new?key=1")

    (call,) = server.calls
    assert answer.status == 204
    assert call.headers["host"] == server.url.replace("http://127.0.0.1", "news.example")
    assert (call.path, call.body) == ("/new?key=1", b'{"a": 1}')
    assert call.headers["x-key"] == "secret"


def test_another_address_is_tried_where_one_does_not_answer(server, monkeypatch):
    resolver(monkeypatch, ["127.0.0.9", "127.0.0.1"])

    assert post(server.url.replace("127.0.0.1", "news.example")).status == 204


def test_proxies_of_the_environment_are_not_used(server, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")

    assert post(server.url).status == 204


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(server, listeners, status):
    target = f"http://169.254.169.254:{listeners[0]}/latest/meta-data"
    server.answer = saying(status, Location=target)

    with pytest.raises(BadStatus):
        post(server.url)

    assert len(server.calls) == 1


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_other_answers_than_2xx_are_faults(server, status):
    server.answer = saying(status, Retry_After="7")

    with pytest.raises(BadStatus) as fault:
        post(server.url)

    assert str(fault.value) == f"bad_status: 127.0.0.1 answered {status}"
    assert fault.value.retry_after == 7


@pytest.mark.parametrize("asked", ["", "soon", "-1", "9" * 5_000, "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_a_retry_after_that_is_no_number_of_seconds_is_not_heard(server, asked):
    server.answer = saying(503, Retry_After=asked)

    with pytest.raises(BadStatus) as fault:
        post(server.url)

    assert fault.value.retry_after is None


@pytest.mark.parametrize("slow", [hanging, dripping])
def test_a_slow_answer_is_cut_at_the_deadline(server, slow):
    server.answer = slow(server)
    began = time.monotonic()

    with pytest.raises(TimedOut):
        post(server.url, seconds=0.4)

    assert time.monotonic() - began < 0.8


def test_a_body_that_drips_is_cut_at_the_deadline(server):
    def answer(handler):
        handler.send_response(200)
        handler.end_headers()
        while not server.released.wait(0.05):
            handler.wfile.write(b"x")

    server.answer = answer

    with pytest.raises(TimedOut):
        post(server.url, seconds=0.4)


def test_a_server_that_does_not_read_is_left_at_the_deadline(settings):
    settings.OUTBOUND_ALLOWED_NETWORKS = LOOPBACK
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        began = time.monotonic()

        with pytest.raises(TimedOut):
            outbound.post(url, body=b"x" * 20_000_000, headers={}, seconds=0.4)

    assert time.monotonic() - began < 0.8


def test_a_resolver_that_hangs_is_left_at_the_deadline(monkeypatch):
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: released.wait(10) and [])

    with pytest.raises(TimedOut):
        post("http://news.example/", seconds=0.2)

    released.set()


def test_ten_megabytes_are_not_read(server):
    server.answer = ten_megabytes
    began = time.monotonic()

    with pytest.raises(TooLarge):
        post(server.url, most_bytes=1_000)

    assert time.monotonic() - began < 1


def test_an_answer_may_be_as_long_as_agreed_and_no_longer(server):
    server.answer = saying(200, b"x" * 1_000)
    assert len(post(server.url, most_bytes=1_000).body) == 1_000

    server.answer = saying(200, b"x" * 1_001)
    with pytest.raises(TooLarge):
        post(server.url, most_bytes=1_000)


@pytest.mark.parametrize("size", [20_000, 200_000])
def test_headers_have_a_limit_of_their_own(server, size):
    server.answer = saying(200, X_Long="x" * size)

    with pytest.raises((TooLarge, Unreachable)):
        post(server.url, most_bytes=1_000_000)


def test_a_compressed_answer_is_not_unpacked(server):
    server.answer = saying(200, gzip.compress(b"0" * 10_000_000), Content_Encoding="gzip")

    with pytest.raises(BadAnswer):
        post(server.url)


def test_what_is_no_http_is_unreachable(server):
    server.answer = lambda handler: handler.wfile.write(b"SSH-2.0-OpenSSH_9.7\r\n")

    with pytest.raises(Unreachable):
        post(server.url)


def test_nobody_there_is_unreachable(settings):
    settings.OUTBOUND_ALLOWED_NETWORKS = LOOPBACK

    with pytest.raises(Unreachable):
        post(f"http://127.0.0.1:{closed_port()}/")


@pytest.mark.parametrize("answer", [saying(500), saying(200, b"x" * 100_000)])
def test_what_went_wrong_names_the_host_and_nothing_else(server, answer):
    server.answer = answer

    with pytest.raises(outbound.OutboundFault) as fault:
        post(f"{server.url}/path-secret?query=secret")

    assert "secret" not in str(fault.value)
    assert fault.value.__suppress_context__ or fault.value.__context__ is None


def certificate_for(name):
    """A certificate that vouches for itself, and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
        .not_valid_before(clock.now() - timedelta(hours=1))
        .not_valid_after(clock.now() + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return secret + certificate.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def certified(tmp_path):
    """A TLS server on loopback, certified for `news.example` by an authority of its own."""
    certificate = tmp_path / "certificate.pem"
    certificate.write_bytes(certificate_for("news.example"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    names = []
    context.sni_callback = lambda connection, name, _: names.append(name)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def serve():
            with suppress(OSError):  # the other side does not trust us, or never came
                plain, _ = listening.accept()
                with context.wrap_socket(plain, server_side=True) as connection:
                    heard = b""
                    while not heard.endswith(b'{"a": 1}'):
                        heard += connection.recv(65_536) or b'{"a": 1}'
                    connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        yield port, certificate, names
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def trust(monkeypatch, certificate):
    context = ssl.create_default_context(cafile=certificate)
    monkeypatch.setattr(outbound, "_tls", lambda: context)


def test_tls_is_checked_against_the_name_not_the_address(certified, monkeypatch, settings):
    port, certificate, names = certified
    settings.OUTBOUND_ALLOWED_NETWORKS = LOOPBACK
    trust(monkeypatch, certificate)
    resolver(monkeypatch, ["127.0.0.1"])

    assert post(f"https://news.example:{port}/").status == 204
    assert names == ["news.example"]


def test_a_certificate_for_another_name_is_not_trusted(certified, monkeypatch, settings):
    port, certificate, _ = certified
    settings.OUTBOUND_ALLOWED_NETWORKS = LOOPBACK
    trust(monkeypatch, certificate)

    with pytest.raises(Unreachable):
        post(f"https://localhost:{port}/")


def test_a_certificate_of_nobody_known_is_not_trusted(certified, monkeypatch, settings):
    port, _, _ = certified
    settings.OUTBOUND_ALLOWED_NETWORKS = LOOPBACK
    resolver(monkeypatch, ["127.0.0.1"])

    with pytest.raises(Unreachable):
        post(f"https://news.example:{port}/")
