"""Whose addresses we take for new accounts: what operators say of a domain, else a built-in list.

Only opening an account or changing its address is refused, never signing in: so a refusal says
something of the domain, and nothing of who has an account here.
"""

from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.mailboxes import domain_of, suffixes
from accounts.models import MailDomain
from accounts.states import MailStanding
from common.errors import Refusal

#: Domains that lend a mailbox to anybody for some minutes. Operators' rules go before it.
DISPOSABLE = frozenset(Path(settings.BASE_DIR, "accounts", "disposable.txt").read_text().split())


class MailRefused(Refusal):
    """No new account with an address of this domain."""

    code: ClassVar[str] = "mail_refused"
    detail = _("We cannot take addresses of this mail provider. Please use another address.")


def standing(email: str) -> MailStanding:
    """What holds for an address: the rule of its domain or the nearest one above. One query."""
    domains = suffixes(domain_of(email))
    rules = dict(MailDomain.objects.filter(domain__in=domains).values_list("domain", "standing"))
    for domain in domains:
        if domain in rules:
            return MailStanding(rules[domain])
        if domain in DISPOSABLE:
            return MailStanding(settings.DISPOSABLE_MAIL)
    return MailStanding.ALLOWED


def check(email: str) -> None:
    """Raises MailRefused where no account may have this address. One query."""
    if standing(email) is MailStanding.REFUSED:
        raise MailRefused
