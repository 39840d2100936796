"""Whose request it is, behind no, one or two proxies."""

import pytest
from allauth.account.adapter import get_adapter
from allauth.core.internal.ratelimit import get_ip
from django.test import RequestFactory
from rest_framework.request import Request

from common.callers import address_block, client_address

PEER = "192.0.2.1"


def request(forwarded=None, peer=PEER):
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return RequestFactory().get("/", REMOTE_ADDR=peer, **headers)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, PEER),
        (0, "203.0.113.9", PEER),  # nobody in front: whoever sends the header made it up
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "1.1.1.1, 203.0.113.9", "203.0.113.9"),  # the left was there when our proxy got it
        (1, "1.1.1.1, 2.2.2.2,203.0.113.9", "203.0.113.9"),
        (1, None, PEER),  # somebody came round the proxy
        (1, "", PEER),
        (1, "203.0.113.9, ", PEER),
        (1, "203.0.113.9, unknown", PEER),
        (1, "203.0.113.9, <script>", PEER),
        (1, "203.0.113.9:4711", "203.0.113.9"),  # some proxies write the port as well
        (1, "[2001:db8::1]:4711", "2001:db8::1"),
        (1, "2001:DB8:0::1", "2001:db8::1"),
        (1, "::ffff:203.0.113.9", "203.0.113.9"),
        (1, "fe80::1%eth0", "fe80::1"),
        (2, "203.0.113.9, 198.51.100.2", "203.0.113.9"),
        (2, "1.1.1.1, 203.0.113.9, 198.51.100.2", "203.0.113.9"),
        (2, "1.1.1.1", PEER),  # shorter than promised: nothing in it is our proxies' word
        (2, "unknown, 198.51.100.2", PEER),
        (3, "203.0.113.9, 198.51.100.2", PEER),
    ],
)
def test_only_what_our_own_proxies_wrote_is_believed(settings, proxies, forwarded, address):
    settings.TRUSTED_PROXIES = proxies

    asked = request(forwarded)

    assert client_address(asked) == address
    assert client_address(Request(asked)) == address
    assert get_adapter().get_client_ip(asked) == address  # sign-in goes by the same rule


@pytest.mark.parametrize(
    ("peer", "address"),
    [("::ffff:127.0.0.1", "127.0.0.1"), ("", "unknown"), ("2001:db8::7", "2001:db8::7")],
)
def test_the_peer_is_what_the_server_says(peer, address):
    assert client_address(request(peer=peer)) == address


@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
    ],
)
def test_a_household_is_one_caller(address, block):
    assert address_block(address) == block


def test_two_addresses_of_one_household_share_the_limits_of_sign_in():
    first = request(peer="2001:db8:1:2:aaaa::1")
    second = request(peer="2001:db8:1:2:bbbb::2")
    elsewhere = request(peer="2001:db8:1:3::1")

    assert get_ip(first) == get_ip(second) != get_ip(elsewhere)
