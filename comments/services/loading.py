"""Conversations from elsewhere: stored in batches as they stood there, published and decided.

Nobody is told and nothing waits for screening: there are no events, and each text carries the
final verdict of the phase "import". A batch is one transaction, counts included; what is already
there is left alone, so that a batch may come again.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from comments import languages, rendering
from comments.models import Comment, Revision, Tally, Verdict, Vote
from comments.services.lifecycle import DEEPEST
from comments.states import Counted, Outcome, Status

PHASE, PHASE_VERSION = "import", "1"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a comment hangs, and all that its replies and votes need to know of it."""

    id: UUID
    thread_id: UUID
    created_at: datetime
    parent: "Place | None" = None
    answers_id: UUID | None = None
    depth: int = 0

    def above(self) -> Iterator["Place"]:
        """Its ancestors, the nearest first."""
        place = self.parent
        while place is not None:
            yield place
            place = place.parent


@dataclass(frozen=True)
class OldComment:
    """A comment as its old home had it; `body` is Markdown."""

    place: Place
    author_id: UUID
    edition: str
    body: str
    edited_at: datetime | None = None


@dataclass(frozen=True)
class OldVote:
    """A vote as its old home had it: `value` is 1 or -1."""

    place: Place
    reader_id: UUID
    value: int
    created_at: datetime


def place_below(parent: Place, *, id: UUID, created_at: datetime) -> Place:  # noqa: A002  (as on Place)
    """Where a reply to `parent` hangs: later than it, and nested as `lifecycle.post` nests."""
    above, answers = parent, None
    if parent.depth == DEEPEST and parent.parent is not None and parent.parent.depth == DEEPEST:
        above, answers = parent.parent, parent.id
    moment = max(created_at, parent.created_at + timedelta(microseconds=1))
    depth = min(above.depth + 1, DEEPEST)
    return Place(id, parent.thread_id, moment, above, answers, depth)


@transaction.atomic
def store_comments(old: Sequence[OldComment]) -> tuple[int, list[OldComment]]:
    """Store what is not there yet. Gives how many that were, and those left out since there is
    nothing to read in them, or in what they answer. Parents are there, or earlier in `old`. Six
    queries.
    """
    _one_at_a_time()
    known = set(
        Comment.objects.filter(pk__in=[each.place.id for each in old]).values_list("pk", flat=True)
    )
    comments, unreadable = [], []
    gone: set[UUID | None] = set()
    for each in old:
        if each.place.id in known:
            continue
        comment = _comment(each)
        if comment.parent_id not in gone and rendering.to_text(comment.body_html):
            comments.append(comment)
        else:
            gone.add(comment.pk)
            unreadable.append(each)
    Comment.objects.bulk_create(comments)
    revisions = Revision.objects.bulk_create(_revision(comment) for comment in comments)
    Verdict.objects.bulk_create(_verdict(revision) for revision in revisions)
    stored = {comment.pk: comment for comment in comments}
    _tally_comments(
        [(each.place, stored[each.place.id]) for each in old if each.place.id in stored]
    )
    return len(comments), unreadable


@transaction.atomic
def store_votes(old: Sequence[OldVote]) -> list[OldVote]:
    """Store the votes that are not there yet, each by another reader of the comment. Gives those
    that were stored. Three queries.
    """
    _one_at_a_time()
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


def _one_at_a_time() -> None:
    """Two loaders take turns, so that neither stores what the other just did."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('comments.loading'))")


def _comment(old: OldComment) -> Comment:
    place = old.place
    body = rendering.clean(old.body)
    return Comment(
        id=place.id,
        thread_id=place.thread_id,
        parent_id=place.parent.id if place.parent else None,
        root_id=_root_id(place),
        depth=place.depth,
        answers_id=place.answers_id,
        author_id=old.author_id,
        body=body,
        body_html=rendering.to_html(body),
        renderer_version=rendering.RENDERER_VERSION,
        language=languages.of(body, locale=old.edition),
        edition=old.edition,
        status=Status.PUBLISHED,
        created_at=place.created_at,
        published_at=place.created_at,
        edited_at=old.edited_at,
        touched_at=old.edited_at or place.created_at,
    )


def _root_id(place: Place) -> UUID | None:
    above = list(place.above())
    return above[-1].id if above else None


def _revision(comment: Comment) -> Revision:
    return Revision(
        comment=comment,
        number=1,
        body=comment.body,
        created_at=comment.touched_at,
        in_force_at=comment.touched_at,
    )


def _verdict(revision: Revision) -> Verdict:
    return Verdict(
        revision=revision,
        phase=PHASE,
        version=PHASE_VERSION,
        outcome=Outcome.PASS,
        final=True,
    )


def _tally_comments(stored: Sequence[tuple[Place, Comment]]) -> None:
    """Have threads, ancestors and authors count what was stored: a row for each that changes."""
    threads = Counter(
        (place.thread_id, comment.language, comment.author_id) for place, comment in stored
    )
    replies = Counter((place.thread_id, up.id) for place, _ in stored for up in place.above())
    rows = [
        Tally(
            thread_id=thread,
            author_id=author,
            language=language,
            counted=Counted.COMMENTS,
            amount=amount,
        )
        for (thread, language, author), amount in threads.items()
    ]
    rows += [
        Tally(thread_id=thread, comment_id=comment, counted=Counted.REPLIES, amount=amount)
        for (thread, comment), amount in replies.items()
    ]
    Tally.objects.bulk_create(rows)
