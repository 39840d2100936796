"""What readers change of themselves."""

import secrets
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from accounts.events import ProfileChanged
from accounts.models import User
from accounts.selectors import name_locked_until
from common.errors import Refusal
from outbox.services import relay


class NameLocked(Refusal):
    """Moderators keep this name as it is for a while."""

    code: ClassVar[str] = "name_locked"
    status: ClassVar[int] = 403
    sentence = _("Your display name was locked by moderators. You can change it after %(day)s.")

    def __init__(self, until: datetime) -> None:
        super().__init__(self.sentence % {"day": date_format(until)})


class ChangedMeanwhile(Refusal):
    code: ClassVar[str] = "changed_meanwhile"
    status: ClassVar[int] = 412
    detail = _("Your profile changed since you opened it. Look at it again before you edit.")


def newcomer() -> User:
    """An account not yet stored, in the language of the page, its name made up until chosen."""
    return User(
        name=gettext("Reader %(number)d") % {"number": secrets.randbelow(9_000) + 1_000},
        name_made_up=True,
        locale=get_language() or settings.LANGUAGE_CODE,
    )


def change(
    user: User,
    *,
    name: str | None = None,
    locale: str | None = None,
    public_page: bool | None = None,
    seen: User | None = None,
) -> User:
    """Set what is given of the display name (tidied already), language and public page.

    Raises NameLocked; and ChangedMeanwhile where `seen`, the account as this change started from,
    is not how it stands. Two queries at most.
    """
    wanted: dict[str, Any] = {"locale": locale, "public_page": public_page}
    if name is not None and name != user.name:
        if until := name_locked_until(user):
            raise NameLocked(until)
        wanted["name"] = name
    if name is not None:
        wanted["name_made_up"] = False
    changed = {field: value for field, value in wanted.items() if value is not None}
    if not changed:
        return user
    rows = User.objects.filter(pk=user.pk)
    if seen is not None:
        rows = rows.filter(name=seen.name, locale=seen.locale, public_page=seen.public_page)
    with transaction.atomic():
        if not rows.update(**changed):
            raise ChangedMeanwhile
        if "name" in changed:
            relay.record(ProfileChanged(user.pk))
    for field, value in changed.items():
        setattr(user, field, value)
    return user
