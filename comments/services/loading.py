"""Conversations from elsewhere: stored in batches as they stood there, decided already.

Nobody is told and nothing waits for screening: there are no events, and each text carries the
final verdict of the phase "import". A batch is one transaction, counts included; what is already
there is left alone, so that a batch may come again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from comments import languages, rendering
from comments.models import CarriedVotes, Comment, Provenance, Revision, Verdict, Vote
from comments.services import counting
from comments.services.lifecycle import DEEPEST
from comments.states import Outcome, Status

PHASE, PHASE_VERSION = "import", "1"
OUTCOMES = {Status.HELD: Outcome.HOLD, Status.REJECTED: Outcome.REJECT}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a comment hangs, and all that its replies and votes need to know of it."""

    id: UUID
    thread_id: UUID
    created_at: datetime
    parent_id: UUID | None = None
    root_id: UUID | None = None
    answers_id: UUID | None = None
    depth: int = 0
    parent_depth: int = -1


@dataclass(frozen=True)
class Home:
    """The system a comment comes from, and its id there."""

    site_id: UUID
    source: str
    source_id: str


@dataclass(frozen=True)
class OldComment:
    """A comment as its old home had it; `body` is Markdown, `reason` a code of `reasons`.

    One that was taken away there is WITHDRAWN and has no body. `body_html`: what rendering made of
    a cleaned body, where that is known. `was_public`: above its replies stands a tombstone.
    """

    place: Place
    author_id: UUID
    edition: str
    body: str
    body_html: str | None = None
    edited_at: datetime | None = None
    status: Status = Status.PUBLISHED
    reason: str = ""
    was_public: bool = True
    home: Home | None = None
    up_count: int = 0
    down_count: int = 0


@dataclass(frozen=True)
class OldVote:
    """A vote as its old home had it: `value` is 1 or -1."""

    place: Place
    reader_id: UUID
    value: int
    created_at: datetime


def place_below(parent: Place, *, id: UUID, created_at: datetime) -> Place:  # noqa: A002  (as on Place)
    """Where a reply to `parent` hangs: later than it, and nested as `lifecycle.post` nests."""
    moment = max(created_at, parent.created_at + timedelta(microseconds=1))
    if parent.depth == DEEPEST and parent.parent_depth == DEEPEST:
        return Place(
            id=id,
            thread_id=parent.thread_id,
            created_at=moment,
            parent_id=parent.parent_id,
            root_id=parent.root_id,
            answers_id=parent.id,
            depth=DEEPEST,
            parent_depth=DEEPEST,
        )
    return Place(
        id=id,
        thread_id=parent.thread_id,
        created_at=moment,
        parent_id=parent.id,
        root_id=parent.root_id or parent.id,
        depth=min(parent.depth + 1, DEEPEST),
        parent_depth=parent.depth,
    )


def take_turns() -> None:
    """Until the end of this transaction no other loader stores anything, so that none stores what
    another just did. One query.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('comments.loading'))")


def known_places(*, site_id: UUID, source: str, source_ids: Sequence[str]) -> dict[str, Place]:
    """Where those of a source's comments stand that came before, by their ids there. One query."""
    rows = Provenance.objects.filter(site=site_id, source=source, source_id__in=source_ids)
    return {
        row.source_id: Place(
            id=comment.pk,
            thread_id=comment.thread_id,
            created_at=comment.created_at,
            parent_id=comment.parent_id,
            root_id=comment.root_id,
            answers_id=comment.answers_id,
            depth=comment.depth,
            parent_depth=comment.parent.depth if comment.parent else -1,
        )
        for row in rows.select_related("comment__parent")
        for comment in [row.comment]
    }


@transaction.atomic
def store_comments(old: Sequence[OldComment]) -> tuple[int, list[OldComment]]:
    """Store what is not there yet. Gives how many that were, and those left out since there is
    nothing to read in them, or in what they answer. Parents are there, or earlier in `old`. Six
    queries; one more each where some bring an id of their old home, or votes.
    """
    take_turns()
    known = set(
        Comment.objects.filter(pk__in=[each.place.id for each in old]).values_list("pk", flat=True)
    )
    fresh, comments, unreadable = [], [], []
    gone: set[UUID | None] = set()
    for each in old:
        if each.place.id in known:
            continue
        comment = _comment(each)
        if comment.parent_id not in gone and _has_words(comment):
            fresh.append(each)
            comments.append(comment)
        else:
            gone.add(comment.pk)
            unreadable.append(each)
    Comment.objects.bulk_create(comments)
    revisions = Revision.objects.bulk_create(map(_revision, comments))
    Verdict.objects.bulk_create(map(_verdict, fresh, revisions))
    Provenance.objects.bulk_create(_provenance(each) for each in fresh if each.home)
    CarriedVotes.objects.bulk_create(
        CarriedVotes(comment_id=each.place.id, up_count=each.up_count, down_count=each.down_count)
        for each in fresh
        if each.up_count or each.down_count
    )
    if comments:
        counting.count_arrivals([comment.pk for comment in comments])
    return len(comments), unreadable


@transaction.atomic
def store_votes(old: Sequence[OldVote]) -> list[OldVote]:
    """Store the votes that are not there yet, each by another reader of the comment. Gives those
    that were stored. Three queries.
    """
    take_turns()
    rows = Vote.objects.filter(comment__in={each.place.id for each in old})
    known = set(
        rows.filter(reader__in={each.reader_id for each in old}).values_list("comment", "reader")
    )
    fresh = [each for each in old if (each.place.id, each.reader_id) not in known]
    Vote.objects.bulk_create(
        Vote(
            comment_id=each.place.id,
            reader_id=each.reader_id,
            value=each.value,
            created_at=each.created_at,
        )
        for each in fresh
    )
    return fresh


def _comment(old: OldComment) -> Comment:
    place = old.place
    body = rendering.clean(old.body) if old.body_html is None else old.body
    return Comment(
        id=place.id,
        thread_id=place.thread_id,
        parent_id=place.parent_id,
        root_id=place.root_id,
        depth=place.depth,
        answers_id=place.answers_id,
        author_id=old.author_id,
        body=body,
        body_html=rendering.to_html(body) if old.body_html is None else old.body_html,
        renderer_version=rendering.RENDERER_VERSION,
        language=languages.of(body, locale=old.edition),
        edition=old.edition,
        status=old.status,
        created_at=place.created_at,
        published_at=place.created_at if old.was_public else None,
        edited_at=old.edited_at,
        touched_at=old.edited_at or place.created_at,
    )


def _has_words(comment: Comment) -> bool:
    return comment.status == Status.WITHDRAWN or bool(rendering.to_text(comment.body_html))


def _revision(comment: Comment) -> Revision:
    return Revision(
        comment=comment,
        number=1,
        body=comment.body,
        created_at=comment.touched_at,
        in_force_at=comment.touched_at,
    )


def _verdict(old: OldComment, revision: Revision) -> Verdict:
    return Verdict(
        revision=revision,
        phase=PHASE,
        version=PHASE_VERSION,
        outcome=OUTCOMES.get(old.status, Outcome.PASS),
        reason=old.reason,
        final=True,
    )


def _provenance(old: OldComment) -> Provenance:
    assert old.home is not None
    return Provenance(
        comment_id=old.place.id,
        site_id=old.home.site_id,
        source=old.home.source,
        source_id=old.home.source_id,
    )
