"""Who has to work first, and whose mailbox an address is: rules without a framework."""

import pytest

from accounts import risk
from accounts.mailboxes import domain_of, mailbox_of, suffixes
from accounts.risk import Signs


@pytest.mark.parametrize(
    ("signs", "is_high"),
    [
        (Signs(), False),
        (Signs(network_asks=10, mailbox_asks=1), False),  # an office in the morning
        (Signs(network_asks=30), True),
        (Signs(network_failures=10), True),
        (Signs(mailbox_asks=4), True),
        (Signs(account_failures=6), True),  # from however many networks
        (Signs(doubted_domain=True), False),  # no reason by itself ...
        (Signs(doubted_domain=True, network_asks=15), True),  # ... but half of one
        (Signs(network_asks=15, network_failures=3, mailbox_asks=1), True),  # a little of all
    ],
)
def test_risk_is_high_when_signs_add_up(signs, is_high):
    assert risk.is_high(signs) is is_high


@pytest.mark.parametrize(
    ("email", "mailbox"),
    [
        ("ada@mail.example", "ada@mail.example"),
        ("Ada+news@Mail.example", "ada@mail.example"),
        ("a.d.a@mail.example", "a.d.a@mail.example"),  # dots mean something there
        ("a.d.a+x@gmail.com", "ada@gmail.com"),
        ("ada@googlemail.com", "ada@gmail.com"),
        ("nothing of the kind", "@"),
    ],
)
def test_a_mailbox_is_counted_once_however_it_is_written(email, mailbox):
    assert mailbox_of(email) == mailbox


def test_a_domain_is_written_as_dns_knows_it():
    assert domain_of("ada@Bücher.example.") == "xn--bcher-kva.example"
    assert domain_of("ada") == ""
    assert suffixes("a.mail.example") == ["a.mail.example", "mail.example", "example"]
