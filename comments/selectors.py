"""Reads shaped for a page. Each says how many queries it makes, whatever the thread's size."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.db.models.functions import Coalesce, JSONObject
from django.db.models.lookups import Exact
from django.http import Http404

from accounts.faces import face
from accounts.models import User
from accounts.selectors import muted_ids
from comments.models import (
    Comment,
    Reaction,
    Revision,
    StatusChange,
    Thread,
    ThreadLanguage,
    Verdict,
    Vote,
)
from comments.states import Outcome, Status
from common import clock, cursors
from common.inserting import execute
from publishers.reactions import Kind

RECENT = timedelta(seconds=60)
MOST_OWN = 100
#: A busy page's posts all ask for the same thread and site.
REMEMBERED_SECONDS = 10.0
MOST_REMEMBERED = 1_000
VERSION = Coalesce(Sum("slots__version"), 0)
_remembered: dict[UUID, tuple[float, Thread]] = {}


@dataclass(frozen=True)
class ThreadHead:
    """What stands above a thread's comments."""

    thread: Thread
    version: int
    languages: dict[str, int]
    reactions: list[Kind]


def thread_shown(thread_id: UUID, *, with_site: bool = False) -> Thread:
    """A thread the public may know of. Raises Http404. One query."""
    rows = Thread.objects.select_related("site") if with_site else Thread.objects.all()
    thread = rows.shown().filter(pk=thread_id).first()
    if thread is None:
        raise Http404
    return thread


def thread_to_write_in(thread_id: UUID) -> Thread:
    """A thread with its site, where somebody is about to write. Raises Http404.

    One query in `REMEMBERED_SECONDS` for each thread and process, unless it is slowed. Shared
    between threads of the process: nobody may change it.
    """
    until, thread = _remembered.get(thread_id, (0.0, None))
    if thread is None or until <= time.monotonic():
        thread = thread_shown(thread_id, with_site=True)
        if len(_remembered) >= MOST_REMEMBERED:
            _remembered.clear()
        if not thread.slow_seconds:  # lifted, it shall be lifted at once
            _remembered[thread_id] = (time.monotonic() + REMEMBERED_SECONDS, thread)
    return thread


def forget_threads() -> None:
    """Have this process look every thread up again."""
    _remembered.clear()


def thread_head(thread_id: UUID) -> ThreadHead:
    """A thread with its version and counts by language. Raises Http404. Two queries."""
    rows = Thread.objects.shown().annotate(version=VERSION, reactions=F("site__reactions"))
    thread = rows.filter(pk=thread_id).first()
    if thread is None:
        raise Http404
    languages = ThreadLanguage.objects.filter(thread=thread_id, comment_count__gt=0)
    by_language = {row.language: row.comment_count for row in languages.order_by("-comment_count")}
    return ThreadHead(thread, thread.version, by_language, thread.reactions)


def stamp(thread_id: UUID, version: int) -> str:
    """What `is_current` is asked about."""
    return f"{thread_id}:{version}"


#: A thread that is no longer shown has no version.
STILL = """
    SELECT 1 FROM comments_thread AS thread WHERE id = %s AND state <> 'off' AND %s = (
        SELECT coalesce(sum(version), 0) FROM comments_threadslot WHERE thread_id = thread.id
    )
"""


def is_current(stamp: str) -> bool:
    """Whether a thread still has the version of this stamp. One query."""
    thread_id, _, version = stamp.partition(":")
    return execute(STILL, [UUID(thread_id), int(version)]) is not None


#: Whoever wrote in more threads than that shows the new name in the others once answers are old.
MOST_THREADS = 500


def threads_written_in(author_id: UUID) -> list[UUID]:
    """Threads in which everybody may read something by this author, `MOST_THREADS` at most. One
    query.
    """
    rows = Comment.objects.published().filter(author=author_id).order_by()
    return list(rows.values_list("thread", flat=True).distinct()[:MOST_THREADS])


def with_a_page(reader_id: UUID) -> User:
    """A reader whose comments everybody may read in one place, by their own wish. Raises Http404
    for nobody and for who does not wish it alike. One query.
    """
    found = User.objects.filter(pk=reader_id, public_page=True, is_active=True).first()
    if found is None:
        raise Http404
    return found


def by_author(reader: User, *, limit: int, cursor_text: str | None = None) -> cursors.Page[Comment]:
    """A reader's published comments in threads that are shown, the latest first. One query."""
    rows = Comment.objects.published().filter(author=reader.pk, thread__in=Thread.objects.shown())
    scope = f"{reader.pk}:comments"
    cursor = cursors.read(cursor_text, scope=scope)
    backwards = bool(cursor and cursor.backwards)
    if cursor is not None:
        place = (datetime.fromisoformat(cursor.key[0]), cursor.key[1])
        beyond = TupleGreaterThan if backwards else TupleLessThan
        rows = rows.filter(beyond(Tuple(F("created_at"), F("id")), place))
    sign = "" if backwards else "-"
    read = for_the_public(rows).order_by(f"{sign}created_at", f"{sign}id")[: limit + 1]
    return cursors.cut(
        list(read),
        limit=limit,
        cursor=cursor,
        scope=scope,
        key=lambda row: (row.created_at.isoformat(), str(row.pk)),
    )


def for_the_public(rows: QuerySet[Comment]) -> QuerySet[Comment]:
    """`rows` with all that a public answer shows of them, and no more columns than that.

    Each author is looked up by key. A join would do the same, until the planner finds it cheaper
    to read every account there is: it does, up to some thousands.
    """
    faced = with_faces(rows, site="thread__site")
    return faced.only(*PUBLIC_COLUMNS, "answers__status", "answers__author_id")


def with_faces(rows: QuerySet[Comment], *, site: Any) -> QuerySet[Comment]:
    """`rows`, each with what everybody sees of its author and of whom it answers on `site`, as
    `accounts.faces.face` takes it.
    """
    return rows.select_related("answers").annotate(
        face=face("author", site=site),
        answered_face=_if_it_answers(face("answers__author", site=site)),
    )


def _if_it_answers(answered: Subquery) -> Case:
    """Looked up only for the few comments that answer another than their parent."""
    return Case(When(answers__isnull=False, then=answered))


PUBLIC_COLUMNS = (
    "thread_id",
    "author_id",
    "parent_id",
    "root_id",
    "depth",
    "body_html",
    "language",
    "edition",
    "status",
    "featured",
    "up_count",
    "down_count",
    "reactions",
    "reply_count",
    "created_at",
    "edited_at",
)


@dataclass(frozen=True)
class Own:
    """A reader's own comment as only they see it: newest text, status, reasons."""

    comment: Comment
    body: str
    reason: str = ""
    note: str = ""


@dataclass(frozen=True)
class Overlay:
    """What belongs to one reader in one thread."""

    votes: dict[str, int]
    reactions: dict[str, list[str]]
    own: list[Own]
    muted: list[UUID]


def overlay(*, reader: User, thread: Thread, comment_ids: Iterable[UUID]) -> Overlay:
    """The reader's votes and reactions on the comments named, their own comments that a public page
    does not show, or not yet as they are, and whom they muted. Three queries.
    """
    votes, reactions = _said_of(comment_ids, reader=reader, thread=thread)
    return Overlay(
        votes=votes,
        reactions=reactions,
        own=own_comments(reader=reader, thread=thread),
        muted=muted_ids(reader),
    )


def _said_of(
    comment_ids: Iterable[UUID], *, reader: User, thread: Thread
) -> tuple[dict[str, int], dict[str, list[str]]]:
    """The reader's votes on these comments of a thread, and the kinds of their reactions. One
    query, from the reader's own: a join may begin with the comments.
    """
    there = Comment.objects.filter(pk=OuterRef("comment")).values("thread")[:1]
    of = {"reader": reader, "comment__in": list(comment_ids)}
    in_it = Exact(Subquery(there), thread.pk)
    voted = Vote.objects.filter(in_it, **of).values_list("comment", "value", Value(""))
    reacted = Reaction.objects.filter(in_it, **of).values_list("comment", Value(0), "kind")
    votes: dict[str, int] = {}
    reactions: dict[str, list[str]] = {}
    for comment, value, kind in voted.union(reacted, all=True):
        if kind:
            reactions.setdefault(str(comment), []).append(kind)
        else:
            votes[str(comment)] = value
    return votes, reactions


def own_comments(*, reader: User, thread: Thread) -> list[Own]:
    """The reader's unpublished comments, those touched in the last minute and those they may
    still edit, newest first, at most 100. One query, by two indexes. `thread` has its site.
    """
    now = clock.now()
    minute_ago = now - RECENT
    window_began = now - timedelta(seconds=thread.site.edit_window_seconds)
    mine = Comment.objects.filter(author=reader, thread=thread)
    unpublished = mine.unpublished().order_by().values("pk")
    # No comment was touched before it was made: the first condition is what the index answers.
    recent = mine.filter(touched_at__gt=min(minute_ago, window_began)).filter(
        Q(touched_at__gt=minute_ago) | Q(created_at__gt=window_began, status=Status.PUBLISHED)
    )
    rows = Comment.objects.filter(pk__in=unpublished.union(recent.values("pk"), all=True))
    found = list(_for_their_author(rows, site=thread.site_id).order_by("-touched_at")[:MOST_OWN])
    for row in found:
        row.thread = thread
    return [own(row) for row in found]


def own_comment(comment_id: UUID) -> Own:
    """One comment as its author sees it. One query."""
    rows = Comment.objects.select_related("thread__site")
    return own(_for_their_author(rows.filter(pk=comment_id), site="thread__site").get())


def own(comment: Comment) -> Own:
    """What `_for_their_author` read, by name."""
    row: Any = comment
    change = row.last_change or {}
    by_person = change.get("now") == comment.status and change["reason"]
    return Own(
        comment,
        body=row.newest_body,
        reason=change["reason"] if by_person else row.verdict_reason or "",
        note=change["note"] if by_person else "",
    )


def _for_their_author(rows: QuerySet[Comment], *, site: Any) -> QuerySet[Comment]:
    """`rows` on `site` with their newest texts, and reasons where they wait or were rejected."""
    newest = Revision.objects.filter(comment=OuterRef("pk")).order_by("-number")
    changes = StatusChange.objects.filter(comment=OuterRef("pk")).order_by("-number")
    last_change = changes.values(change=JSONObject(now="now", reason="reason", note="note"))
    against = Verdict.objects.filter(revision__comment=OuterRef("pk"), final=True)
    against = against.exclude(outcome=Outcome.PASS).order_by("-created_at")
    return with_faces(rows, site=site).annotate(
        newest_body=Subquery(newest.values("body")[:1]),
        last_change=_if_it_waits(Subquery(last_change[:1])),
        verdict_reason=_if_it_waits(Subquery(against.values("reason")[:1])),
    )


def _if_it_waits(reason: Subquery) -> Case:
    """Looked up only for comments whose author is told a reason."""
    return Case(When(status__in=(Status.HELD, Status.REJECTED), then=reason))
