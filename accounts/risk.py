"""Who has to work before being let on: a rule without a framework.

Each sign counts as the share it has of what is too much of it; together they make the risk. So a
little of everything weighs as much as a lot of one thing. The amounts are of ten minutes.
"""

from dataclasses import dataclass

WINDOW_SECONDS = 600
#: From here on a request costs its sender some work.
HIGH = 1.0
#: What is too much, by itself, in ten minutes: ...
NETWORK_ASKS = 30  # sign-ins, sign-ups and codes asked for from one address block
NETWORK_FAILURES = 10  # wrong passwords from it
MAILBOX_ASKS = 4  # codes asked for by anybody for one mailbox, plus-addresses and dots set aside
ACCOUNT_FAILURES = 6  # wrong passwords for one account, from anywhere
#: A domain that hands out addresses for ten minutes is half a reason by itself.
DOUBTED_DOMAIN = 0.5


@dataclass(frozen=True)
class Signs:
    """What is known of a request before anybody is let on."""

    network_asks: int = 0
    network_failures: int = 0
    mailbox_asks: int = 0
    account_failures: int = 0
    doubted_domain: bool = False


def score(signs: Signs) -> float:
    """The risk: 0 for a reader like any other, `HIGH` and more for what looks like a machine."""
    return (
        signs.network_asks / NETWORK_ASKS
        + signs.network_failures / NETWORK_FAILURES
        + signs.mailbox_asks / MAILBOX_ASKS
        + signs.account_failures / ACCOUNT_FAILURES
        + DOUBTED_DOMAIN * signs.doubted_domain
    )


def is_high(signs: Signs) -> bool:
    """Whether to ask for work first."""
    return score(signs) >= HIGH
