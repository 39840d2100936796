"""Reports by readers."""

from typing import ClassVar

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from comments.models import Comment
from comments.services import counting
from common.errors import Refusal
from moderation.models import Flag
from moderation.services import cases


class OwnCommentFlagged(Refusal):
    code: ClassVar[str] = "own_comment"
    status: ClassVar[int] = 403
    detail = _("This is your own comment. You can withdraw it instead.")


@transaction.atomic
def raise_flag(*, comment: Comment, actor: User, reason: str, detail: str = "") -> None:
    """Report a comment, once: a repeat changes the reason. Opens its case if it has none.

    The first report of a reader counts for the case then open; raises OwnCommentFlagged.
    """
    if comment.author_id == actor.pk:
        raise OwnCommentFlagged
    said = {"reason": reason, "detail": detail}
    if not Flag.objects.filter(comment=comment, reader=actor).update(**said):
        case = cases.open_for(comment)
        Flag.objects.update_or_create(
            comment=comment, reader=actor, defaults=said, create_defaults={**said, "case": case}
        )
        counting.fold_soon()
