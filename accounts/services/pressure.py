"""How much was asked for lately: counts of ten minutes in the cache, from which risk is judged.

They refuse nothing by themselves (`common.limits` does that) and hold no address in clear.
"""

from hashlib import sha256

from django.core.cache import cache

from accounts import risk
from accounts.mailboxes import mailbox_of
from accounts.risk import Signs
from accounts.services import mail_domains
from accounts.states import MailStanding


def signs(*, block: str, email: str) -> Signs:
    """What is known of a request from this address block about this address. One call of the cache,
    one query. Raises CacheAway.
    """
    keys = {
        "network_asks": _key("asks", block),
        "network_failures": _key("failures", block),
        "mailbox_asks": _key("asks for", mailbox_of(email)),
        "account_failures": _key("failures for", email.lower()),
    }
    found = cache.get_many(keys.values())
    counts = {sign: int(found.get(key, 0)) for sign, key in keys.items()}
    doubted = bool(email) and mail_domains.standing(email) is MailStanding.DOUBTED
    return Signs(**counts, doubted_domain=doubted)


def note_ask(*, block: str, email: str, is_mailed: bool) -> None:
    """Count a sign-in, sign-up or code that was asked for; for the mailbox, where it gets mail."""
    _count("asks", block)
    if is_mailed and email:
        _count("asks for", mailbox_of(email))


def note_failure(*, block: str, email: str) -> None:
    """Count a wrong password."""
    _count("failures", block)
    if email:
        _count("failures for", email.lower())


def pair(block: str, email: str) -> str:
    """An address block and an account or mailbox, as one thing that is counted."""
    return sha256(f"{block} {mailbox_of(email)}".encode()).hexdigest()[:32]


def _count(what: str, who: str) -> None:
    key = _key(what, who)
    if not cache.add(key, 1, risk.WINDOW_SECONDS):
        try:
            cache.incr(key)
        except ValueError:  # its time was over in between
            cache.add(key, 1, risk.WINDOW_SECONDS)


def _key(what: str, who: str) -> str:
    return f"pressure:{what.replace(' ', '-')}:{sha256(who.encode()).hexdigest()[:32]}"
