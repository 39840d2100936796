"""Readers' pictures: kept small, once for each content, and gone with their last wearer."""

import hashlib
from typing import ClassVar

from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import pictures
from accounts.events import ProfileChanged
from accounts.models import Avatar, User
from common.errors import Refusal
from outbox.services import relay

#: How much of a file needs reading to tell that it is too large.
ENOUGH = pictures.LARGEST_FILE + 1


class PictureRefused(Refusal):
    """`code` is picture_unreadable, too_many_pixels or picture_too_large."""

    SENTENCES: ClassVar[dict[str, str | Promise]] = {
        "picture_unreadable": _("We cannot read this picture. Send a JPEG, PNG, WebP or GIF."),
        "too_many_pixels": _("This picture has too many pixels. Make it smaller and try again."),
        "picture_too_large": _("A picture may have 2 MB at most. Make it smaller and try again."),
    }

    def __init__(self, code: str) -> None:
        self.code = code  # type: ignore[misc]  # one class for three
        self.status = 413 if code == "picture_too_large" else 400  # type: ignore[misc]  # one class for three
        super().__init__(self.SENTENCES[code])


def put_on(user: User, content: bytes) -> User:
    """Make what was sent `user`'s picture, in place of any before. Raises PictureRefused."""
    if len(content) > pictures.LARGEST_FILE:
        raise PictureRefused("picture_too_large")
    try:
        small = pictures.small_square(content)
    except pictures.BadPicture as fault:
        raise PictureRefused(fault.code) from fault
    digest = hashlib.sha256(small).hexdigest()
    with transaction.atomic():
        # Not `get_or_create`: a row that somebody else is deleting would be found and not be there.
        Avatar.objects.bulk_create(
            [Avatar(id=digest, content=small)],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["created_at"],
        )
        _wear(user, digest)
    return user


def take_off(user: User) -> User:
    """Have `user` go without a picture. A repeat does nothing."""
    with transaction.atomic():
        _wear(user, None)
    return user


def drop_unworn() -> int:
    """Delete the pictures that nobody wears, such as those of accounts that went. How many."""
    unworn = Avatar.objects.filter(wearers=None).values_list("pk", flat=True)
    return sum(map(_drop, list(unworn)))


def _wear(user: User, digest: str | None) -> None:
    former = User.objects.select_for_update().values_list("avatar_id", flat=True).get(pk=user.pk)
    User.objects.filter(pk=user.pk).update(avatar=digest)
    user.avatar_id = digest
    if former != digest:
        relay.record(ProfileChanged(user.pk))
    if former and former != digest:
        _drop(former)


def _drop(digest: str) -> int:
    """Delete a picture if nobody wears it. How many rows: the database knows about wearers."""
    try:
        with transaction.atomic():
            rows = Avatar.objects.filter(pk=digest, wearers=None)
            return rows._raw_delete(rows.db)  # Django's own would undress the wearers first
    except IntegrityError:
        return 0  # somebody put it on this very moment
