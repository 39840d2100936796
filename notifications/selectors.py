"""Reads about notices."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, F, OuterRef, QuerySet, Subquery, When
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan
from django.db.models.functions import Coalesce

from accounts.models import User
from articles.models import Edition
from comments import reasons
from comments.rendering import to_text, without_links
from comments.states import Status
from common import cursors
from moderation.states import Ruling
from notifications.models import MailDelivery, Notice
from notifications.states import DeliveryState, Kind

LONGEST_EXCERPT = 300
_A_LINK = re.compile(r"<a [^>]*>.*?</a>", re.DOTALL)


@dataclass(frozen=True)
class NoticeView:
    """A notice as it is shown in the inbox and in a mail."""

    id: UUID
    kind: str
    created_at: datetime
    read_at: datetime | None
    thread: UUID
    comment: UUID
    author_name: str | None
    excerpt: str
    ruling: str | None
    reasons: list[dict[str, str]]
    site_name: str
    page_title: str
    page_url: str


def inbox(
    reader: User, *, site_id: UUID | None, limit: int, cursor_text: str | None
) -> cursors.Page[NoticeView]:
    """A reader's notices (of one site, or of all), newest first. One query."""
    scope = f"notices:{reader.pk}"
    cursor = cursors.read(cursor_text, scope=scope)
    rows = _of(notices_with_all(), reader, site_id).order_by("-created_at", "-id")
    if cursor is not None:
        place = (datetime.fromisoformat(cursor.key[0]), cursor.key[1])
        rows = rows.filter(TupleLessThan(Tuple(F("created_at"), F("id")), place))
    page = cursors.cut(
        list(rows[: limit + 1]),
        limit=limit,
        cursor=cursor,
        scope=scope,
        key=lambda notice: (notice.created_at.isoformat(), str(notice.pk)),
    )
    return cursors.Page([notice_view(row) for row in page.rows], next=page.next)


def unread_count(reader: User, *, site_id: UUID | None) -> int:
    """How many notices the reader has not seen. One query."""
    return _of(Notice.objects.filter(read_at=None), reader, site_id).count()


def _of(rows: QuerySet[Notice], reader: User, site_id: UUID | None) -> QuerySet[Notice]:
    rows = rows.filter(reader=reader)
    return rows.filter(comment__thread__site=site_id) if site_id else rows


def notices_with_all() -> QuerySet[Notice]:
    """Notices with what `notice_view` shows of them: the page is the one in the edition that the
    reader's own comment was written on, or the first one.
    """
    answered = When(kind=Kind.REPLY, then="comment__parent__edition")
    editions = Edition.objects.filter(thread=OuterRef("comment__thread"))
    same = editions.filter(locale=OuterRef("own_locale"))
    rows = Notice.objects.select_related(
        "reader", "comment__author", "comment__thread__site", "decision"
    )
    return rows.annotate(own_locale=Case(answered, default="comment__edition")).annotate(
        same_url=Subquery(same.values("url")[:1]),
        same_title=Subquery(same.values("title")[:1]),
        any_url=Subquery(editions.order_by("position").values("url")[:1]),
        any_title=Subquery(editions.order_by("position").values("title")[:1]),
    )


def notice_view(notice: Notice) -> NoticeView:
    """What a notice of `notices_with_all` says now, in the current language. A reply that is no
    longer public is not named or quoted.
    """
    row: Any = notice
    comment, decision = notice.comment, notice.decision
    is_reply = notice.kind == Kind.REPLY
    quotable = not is_reply or comment.status == Status.PUBLISHED
    why = []
    if decision is not None and decision.ruling == Ruling.REJECT:
        why = [reasons.explain(decision.reason, decision.note)]
    address = row.same_url or row.any_url or ""
    return NoticeView(
        id=notice.pk,
        kind=notice.kind,
        created_at=notice.created_at,
        read_at=notice.read_at,
        thread=comment.thread_id,
        comment=comment.pk,
        author_name=comment.author.name if is_reply and quotable else None,
        excerpt=_words(comment.body_html) if quotable else "",
        ruling=decision.ruling if decision else None,
        reasons=why,
        site_name=comment.thread.site.name,
        page_title=row.same_title or row.any_title or "",
        page_url=f"{address}#comment-{comment.pk}" if address else "",
    )


@dataclass(frozen=True)
class SetAside:
    """A mail that waits for a person. `happened_at` is when the reply was written or the decision
    made.
    """

    id: int
    happened_at: datetime
    kind: str
    because: str
    reader: str
    cause: str


def set_aside(
    *,
    ids: Sequence[int] | None = None,
    because: str | None = None,
    before: datetime | None = None,
) -> list[SetAside]:
    """Mails that wait for a person, oldest cause first: all, or those that fit. One query."""
    rows = MailDelivery.objects.filter(state=DeliveryState.SET_ASIDE).annotate(
        happened_at=Coalesce("notice__decision__created_at", "notice__comment__created_at")
    )
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    if because is not None:
        rows = rows.filter(set_aside_because=because)
    if before is not None:
        rows = rows.filter(happened_at__lt=before)
    shown = rows.order_by("happened_at", "pk").values_list(
        *("pk", "happened_at", "notice__kind", "set_aside_because"),
        *("notice__reader__email", "notice__cause"),
    )
    return [SetAside(*row) for row in shown]


def _words(html: str) -> str:
    """The start of a comment, without what it links to: our mails carry nobody's links."""
    return without_links(to_text(_A_LINK.sub("[…]", html), longest=LONGEST_EXCERPT))
