"""Under which addresses readers come, and how."""

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage
from django.http.request import validate_host

from operations.deployment.findings import unwise, wrong

#: Where this machine, and what only its network should reach, answers.
OWN_NETWORKS = [ip_network(each) for each in ("127.0.0.0/8", "::1/128", "169.254.0.0/16")]


def public_address(**kwargs: Any) -> list[CheckMessage]:
    """PUBLIC_URL leads here over HTTPS, and ALLOWED_HOSTS lets it in and not everything."""
    return list(_public_address())


def _public_address() -> Iterator[CheckMessage]:
    url = urlsplit(settings.PUBLIC_URL)
    if url.scheme != "https":
        yield wrong(
            "public_url",
            f"PUBLIC_URL is {settings.PUBLIC_URL}: it must begin with https://, since cookies are"
            " sent over HTTPS only and publishers' pages load nothing else.",
        )
    if url.path or url.query:
        yield wrong(
            "public_url",
            f"PUBLIC_URL is {settings.PUBLIC_URL}: it must end with the host, since all addresses"
            " here begin at the root.",
        )
    host = url.hostname or ""
    if not validate_host(host, settings.ALLOWED_HOSTS):
        yield wrong(
            "allowed_hosts",
            f"ALLOWED_HOSTS lacks {host}, the host of PUBLIC_URL: every request would be refused.",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield wrong(
            "allowed_hosts",
            "ALLOWED_HOSTS lets every host in, so that anybody may have links in mail lead to"
            f" their own. Name yours: {host}",
        )


def live_address(**kwargs: Any) -> list[CheckMessage]:
    """LIVE_URL, if there is one, is one that pages over HTTPS may listen to."""
    if settings.LIVE_URL and urlsplit(settings.LIVE_URL).scheme != "https":
        sentence = (
            f"LIVE_URL is {settings.LIVE_URL}: it must begin with https://, or browsers refuse to"
            " listen."
        )
        return [wrong("live_url", sentence)]
    return []


def proxies(**kwargs: Any) -> list[CheckMessage]:
    """Somebody in front speaks HTTPS, and is believed."""
    if settings.TRUSTED_PROXIES:
        return []
    sentence = (
        "TRUSTED_PROXIES is 0. Behind a proxy that speaks HTTPS every request would be redirected"
        " to HTTPS again and again, and all readers share one address and its limits. With one"
        " nginx in front it is 1."
    )
    return [unwise("trusted_proxies", sentence)]


def networks(**kwargs: Any) -> list[CheckMessage]:
    """Metrics are not for everybody, and hooks do not reach into this machine."""
    return [*_metrics(), *_outbound()]


def _metrics() -> Iterator[CheckMessage]:
    if not settings.METRICS_PORT:
        return
    try:
        address = ip_address(settings.METRICS_HOST)
    except ValueError:
        return  # a name that the machine knows
    if address.is_unspecified or address.is_global:
        yield unwise(
            "metrics_host",
            f"METRICS_HOST is {address}: anybody who reaches it may read the metrics, there is no"
            " password. Listen inside: 127.0.0.1, or an address of your own network.",
        )


def _outbound() -> Iterator[CheckMessage]:
    for network in settings.OUTBOUND_ALLOWED_NETWORKS:
        if any(own.version == network.version and own.overlaps(network) for own in OWN_NETWORKS):
            yield unwise(
                "outbound_allowed_networks",
                f"OUTBOUND_ALLOWED_NETWORKS holds {network}: hooks could call services of this"
                " machine, or the address where clouds hand out keys. Name the hooks' own"
                " addresses.",
            )
