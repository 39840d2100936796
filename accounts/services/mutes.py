"""Whose comments a reader does not want to read."""

from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import Mute, User
from common.errors import Refusal

#: The list is sent with every thread.
MOST = 500


class CannotMuteYourself(Refusal):
    code: ClassVar[str] = "cannot_mute_yourself"
    detail = _("You cannot mute yourself.")


class TooManyMuted(Refusal):
    code: ClassVar[str] = "too_many_muted"
    status: ClassVar[int] = 409
    detail = _("You have muted 500 people, which is as many as we keep. Unmute somebody first.")


def mute(reader: User, author: User) -> None:
    """Hide `author`'s comments from `reader`, and raise no notices of them. A repeat does nothing.

    Staff can be muted as well: what they decide is told all the same. Raises CannotMuteYourself,
    TooManyMuted. Two queries at most.
    """
    if reader.pk == author.pk:
        raise CannotMuteYourself
    muted = set(Mute.objects.filter(reader=reader).values_list("author_id", flat=True)[:MOST])
    if author.pk in muted:
        return
    if len(muted) >= MOST:
        raise TooManyMuted
    Mute.objects.bulk_create([Mute(reader=reader, author=author)], ignore_conflicts=True)


def unmute(reader: User, author_id: UUID) -> None:
    """Show them again. Who was not muted is not. One query."""
    Mute.objects.filter(reader=reader, author=author_id).delete()


def has_muted(reader_id: UUID, author_id: UUID) -> bool:
    """Whether one reader muted another. One query."""
    return Mute.objects.filter(reader=reader_id, author=author_id).exists()
