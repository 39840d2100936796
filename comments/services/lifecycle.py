"""One comment's life: all changes of Comment.status are made here; the database refuses others.

    post ─┬─ screening ─┬─ published ─┬─ withdrawn (its author)
          ├─ held ──────┤             ├─ rejected, held (a decision, a late verdict)
          └─ rejected ──┘             └─ erased (the law)

A first look (phases of the request) gives a post its status; `conclude` ends the worker's look;
`move` is every later change. What follows from each (cases, notices) hears of it by events.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from comments import events, languages, rendering
from comments.models import Comment, RecentPost, Revision, StatusChange, Tally, Thread, Verdict
from comments.screening import Draft, Screening, Where, screen
from comments.services import counting
from comments.states import ALLOWED, Outcome, Status, ThreadState
from common import clock
from common.errors import Refusal
from common.ids import new_id
from common.inserting import Clause, execute, fetch, insert_all
from outbox.services import relay
from publishers.states import Screening as SitePolicy

DEEPEST = 50
#: A double click, a retry over a bad line: people do not mean to say it twice.
SAME_WITHIN = timedelta(seconds=10)
#: In place of a phase: those that `evidence` names had nothing to say.
SILENT = "none"
AFTER_HOLD = {Outcome.HOLD: Status.HELD, Outcome.REJECT: Status.REJECTED}
EDITABLE = (Status.SCREENING, Status.HELD, Status.PUBLISHED)


class TransitionRefused(Refusal):
    code: ClassVar[str] = "transition_refused"
    status: ClassVar[int] = 409
    detail = _("This comment can no longer be changed in that way.")


class PostingRefused(Refusal):
    code: ClassVar[str] = "posting_refused"


class ThreadClosed(PostingRefused):
    code: ClassVar[str] = "thread_closed"
    status: ClassVar[int] = 403
    detail = _("This conversation is closed. You can still read it.")


class ParentGone(PostingRefused):
    code: ClassVar[str] = "parent_gone"
    status: ClassVar[int] = 409
    detail = _("The comment you are answering is no longer there. Your text is kept.")


class EmptyBody(PostingRefused):
    code: ClassVar[str] = "empty_body"
    detail = _("Write something first.")


class EditWindowOver(Refusal):
    code: ClassVar[str] = "edit_window_over"
    status: ClassVar[int] = 403
    detail = _("The time to edit this comment is over. You can still withdraw it.")


class ChangedMeanwhile(Refusal):
    code: ClassVar[str] = "changed_meanwhile"
    status: ClassVar[int] = 412
    detail = _("This comment changed since you opened it. Look at it again before you edit.")


def post(
    *, author: User, thread: Thread, body: str, parent: Comment | None = None, edition: str = ""
) -> Comment:
    """Store a draft in the state its first screening gives it, and say so.

    `thread` has its `site` loaded; both may be some seconds old, whether it is open is looked up.
    Raises PostingRefused; what a phase finds wrong is stored.
    The same text again in the same place within `SAME_WITHIN` is the same comment, as it stands
    by then. One statement, three more for a repeat.
    """
    body, html = _rendered(body)
    if thread.state != ThreadState.OPEN:
        raise ThreadClosed
    if parent is not None and (parent.thread_id != thread.pk or not parent.is_published):
        raise ParentGone
    locale = edition or thread.site.default_locale
    language = languages.of(body, locale=locale)
    screening = screen(Draft(thread.site, author, body, html, language), Where.REQUEST)
    comment = Comment(
        thread=thread,
        author=author,
        body=body,
        body_html=html,
        renderer_version=rendering.RENDERER_VERSION,
        language=language,
        edition=locale,
        status=_first_status(thread, screening),
        **_place(parent),
    )
    comment.created_at = comment.touched_at = _after(parent)
    comment.published_at = comment.created_at if comment.is_published else None
    if _store(comment, screening):
        return comment
    if not Thread.objects.filter(pk=thread.pk, state=ThreadState.OPEN).exists():
        raise ThreadClosed
    return _posted_before(comment)


def posted_just_now(
    *, author: User, thread: Thread, body: str, parent: Comment | None = None
) -> Comment | None:
    """The comment that `post` would take for the same, if there is one. Two queries."""
    draft = Comment(author=author, thread=thread, body=rendering.clean(body), **_place(parent))
    lately = clock.now() - SAME_WITHIN
    if not RecentPost.objects.filter(pk=_sameness(draft), posted_at__gt=lately).exists():
        return None
    return _posted_before(draft)


def edit(
    comment_id: UUID, *, author: User, body: str, touched_at: datetime | None = None
) -> Comment:
    """Give a comment a new text, screened like a post.

    Raises TransitionRefused, EditWindowOver, EmptyBody; ChangedMeanwhile where its author touched
    the comment after `touched_at`, the moment this edit started from.

    Under screen-first a published comment keeps its old text until a machine has passed the new
    one; elsewhere the new text is in force at once. The same text again changes nothing.
    """
    body, html = _rendered(body)
    with transaction.atomic():
        [comment] = _locked(pk=comment_id)
        if comment.status not in EDITABLE:
            raise TransitionRefused
        if touched_at not in (None, comment.touched_at):
            raise ChangedMeanwhile
        if clock.now() >= edit_until(comment):
            raise EditWindowOver
        if body == latest_revision(comment).body:
            return comment
        site = comment.thread.site
        language = languages.of(body, locale=comment.edition)
        screening = screen(Draft(site, author, body, html, language, comment.pk), Where.REQUEST)
        comment.touched_at = clock.now()
        waits = comment.is_published and site.screening == SitePolicy.SCREEN_FIRST
        passed = screening.outcome is Outcome.PASS
        revision = _submit(comment, screening, body, in_force=not (waits and passed))
        if revision.in_force_at:
            _put_in_force(comment, revision, html)
        comment.save(update_fields=["touched_at"])
        if not passed and comment.status != AFTER_HOLD[screening.outcome]:
            _move([comment], AFTER_HOLD[screening.outcome], reason=screening.reason)
        counting.touch(comment.thread_id)
    return comment


def note_findings(screenings: Mapping[UUID, Screening]) -> None:
    """Keep what a machine found so far of these revisions; their screening goes on. One insert."""
    insert_all(
        verdict
        for revision_id, screening in screenings.items()
        for verdict in _verdicts(Revision(pk=revision_id), screening, final=False)
    )


@transaction.atomic
def conclude(screenings: Mapping[UUID, Screening]) -> None:
    """End the screening of revisions by machine: store the worker's verdicts, act on the last.
    Three statements where nothing changes for readers, seven where some are published.

    Does nothing the second time, or where a revision is already decided. A machine never
    overrides a person: once one has moved the comment after the revision came, its status stays.
    """
    revision_ids = list(screenings)
    execute(LOCK, [revision_ids])
    followed = [WhatFollowed(*row) for row in fetch(WHAT_FOLLOWED, [revision_ids])]
    undecided = [each for each in followed if not each.decided]
    insert_all(
        verdict
        for each in undecided
        for verdict in _verdicts(
            Revision(pk=each.revision_id), screenings[each.revision_id], final=True
        )
    )
    passed: list[UUID] = []
    seen_by_the_public: set[UUID] = set()
    for each in undecided:
        if each.gone or each.superseded or each.person_moved:
            continue
        screening = screenings[each.revision_id]
        if not each.in_force or screening.outcome is not Outcome.PASS:
            seen_by_the_public |= _apply(each.revision_id, screening)
        elif each.status == Status.SCREENING:
            passed.append(each.comment_id)
    if passed:
        seen_by_the_public |= _move(_locked(pk__in=passed), Status.PUBLISHED)
    counting.touch(*seen_by_the_public)


def _apply(revision_id: UUID, screening: Screening) -> set[UUID]:
    """Do to a comment what its screening found, or what it let pass of a new text. Gives its thread
    where readers see it.
    """
    [comment] = _locked(revisions=revision_id)
    revision = Revision.objects.get(pk=revision_id)
    changed: set[UUID] = set()
    if not revision.in_force_at:
        _put_in_force(comment, revision, rendering.to_html(revision.body))
        changed.add(comment.thread_id)
    if screening.outcome in AFTER_HOLD:
        if comment.status in (Status.SCREENING, Status.PUBLISHED):
            changed |= _move([comment], AFTER_HOLD[screening.outcome], reason=screening.reason)
    elif comment.status == Status.SCREENING:
        changed |= _move([comment], Status.PUBLISHED)
    return changed


@transaction.atomic
def move(
    comment_id: UUID, to: Status, *, actor: User | None, reason: str = "", note: str = ""
) -> Comment:
    """Take a comment to `to` under a row lock; a repeat does nothing. Raises TransitionRefused.

    `actor` is None for a machine. `note` is a sentence for the author.
    """
    [comment] = _locked(pk=comment_id)
    if comment.status != to:
        counting.touch(*_move([comment], to, actor=actor, reason=reason, note=note))
    return comment


@transaction.atomic
def withdraw(comment_id: UUID, *, author: User) -> Comment:
    """Its author takes a comment back, for good. A repeat does nothing."""
    [comment] = _locked(pk=comment_id)
    if comment.status != Status.WITHDRAWN:
        comment.touched_at = clock.now()
        comment.save(update_fields=["touched_at"])
        counting.touch(*_move([comment], Status.WITHDRAWN, actor=author))
    return comment


def edit_until(comment: Comment) -> datetime:
    """When the edit window of a comment ends (its thread and site are loaded)."""
    return comment.created_at + timedelta(seconds=comment.thread.site.edit_window_seconds)


def latest_revision(comment: Comment) -> Revision:
    """The newest text of a comment, in force or not. One query."""
    return comment.revisions.order_by("-number")[0]


def _move(
    comments: Sequence[Comment],
    to: Status,
    *,
    actor: User | None = None,
    reason: str = "",
    note: str = "",
) -> set[UUID]:
    """Log the change of locked comments, then make it: the one place that writes `status` of what
    is stored. Gives the threads where readers see it, whose versions are to be moved last of all.
    Three statements for all, one more for each reply below the second level.
    """
    changes: list[StatusChange] = []
    moved: list[events.CommentMoved] = []
    tallies: list[Tally] = []
    seen_by_the_public: set[UUID] = set()
    earlier = _changes_so_far(comments)
    for comment in comments:
        was = Status(comment.status)
        if to not in ALLOWED[was]:
            raise TransitionRefused
        number = earlier.get(comment.pk, 0) + 1
        change = StatusChange(
            comment=comment, number=number, was=was, now=to, actor=actor, reason=reason, note=note
        )
        changes.append(change)
        moved.append(_moved(comment, change))
        if to == Status.PUBLISHED:
            comment.published_at = comment.published_at or clock.now()
        tallies += counting.tallies(comment, was=was, now=to)
        if Status.PUBLISHED in (was, to):
            seen_by_the_public.add(comment.thread_id)
        comment.status = to
    recorded = relay.rows_of(*moved)
    insert_all([*changes, *recorded, *tallies])
    fetch(
        MOVE, [to.value, [each.pk for each in comments], [each.published_at for each in comments]]
    )
    counting.fold_soon()
    relay.wake_on_commit(recorded)
    return seen_by_the_public


def _moved(comment: Comment, change: StatusChange) -> events.CommentMoved:
    """The event of a change that is about to be made."""
    return events.CommentMoved(
        comment.pk,
        change.pk,
        was=Status(change.was),
        now=Status(change.now),
        first_publication=change.now == Status.PUBLISHED and comment.published_at is None,
        is_reply=comment.parent_id is not None,
    )


def _changes_so_far(comments: Iterable[Comment]) -> dict[UUID, int]:
    """How many changes each comment has behind it. One query."""
    rows = StatusChange.objects.filter(comment__in=[each.pk for each in comments])
    return dict(rows.values_list("comment").annotate(number=Count("pk")).order_by())


def _store(comment: Comment, screening: Screening) -> bool:
    """Store a new comment with all that follows, unless its author posted the very same just now.

    One statement, whole or not at all: whoever sends the same text beside this one waits in its
    gate until this is committed.
    """
    revision = Revision(
        comment=comment,
        number=1,
        body=comment.body,
        created_at=comment.created_at,
        in_force_at=comment.created_at,
    )
    passed = screening.outcome is Outcome.PASS
    posted = events.CommentPosted(
        comment.pk, status=comment.status, is_reply=comment.parent_id is not None
    )
    for_the_worker = [events.RevisionSubmitted(revision.pk)] if passed else []
    recorded = relay.rows_of(posted, *for_the_worker)
    tallies = counting.tallies(comment, was=None, now=Status(comment.status))
    verdicts = _verdicts(revision, screening, final=not passed)
    rows = [comment, revision, *verdicts, *recorded, *tallies]
    if not comment.is_published:
        stored = insert_all(rows, gate=_unless_repeated(comment))
    else:
        touch = counting.touching(comment.thread_id)
        stored = insert_all(rows, gate=_unless_repeated(comment), also=touch)
    if tallies:
        counting.fold_soon()
    relay.wake_on_commit(recorded)
    return stored


UNLESS_REPEATED = """
    INSERT INTO comments_recentpost AS earlier (id, comment_id, posted_at)
    SELECT %s::uuid, %s::uuid, %s FROM comments_thread WHERE id = %s AND state = 'open'
    ON CONFLICT (id) DO UPDATE
    SET comment_id = EXCLUDED.comment_id, posted_at = EXCLUDED.posted_at
    WHERE earlier.posted_at NOT BETWEEN
        EXCLUDED.posted_at - %s::interval AND EXCLUDED.posted_at + %s::interval
    OR (SELECT status FROM comments_comment WHERE id = earlier.comment_id)
        IN ('withdrawn', 'erased')
    RETURNING 1
"""


def _unless_repeated(comment: Comment) -> Clause:
    """A gate that is shut where the thread is, or where the same was posted just now and not
    taken back since.
    """
    return UNLESS_REPEATED, [
        _sameness(comment),
        comment.pk,
        comment.created_at,
        comment.thread_id,
        SAME_WITHIN,
        SAME_WITHIN,
    ]


def _posted_before(comment: Comment) -> Comment:
    """The stored comment that `comment` repeats, with thread, site and author. Two queries."""
    earlier = RecentPost.objects.get(pk=_sameness(comment))
    return Comment.objects.select_related("thread__site", "author").get(pk=earlier.comment_id)


def _sameness(comment: Comment) -> UUID:
    """What makes two posts the same: author, place and text, as one number."""
    place = f"{comment.author_id} {comment.thread_id} {comment.parent_id}\n{comment.body}"
    return UUID(bytes=hashlib.blake2b(place.encode(), digest_size=16).digest())


def _submit(comment: Comment, screening: Screening, body: str, *, in_force: bool) -> Revision:
    """Store a new text with its verdicts; the worker looks at it if nothing was found so far."""
    revision = comment.revisions.create(
        number=comment.revisions.count() + 1,
        body=body,
        created_at=comment.touched_at,
        in_force_at=comment.touched_at if in_force else None,
    )
    passed = screening.outcome is Outcome.PASS
    Verdict.objects.bulk_create(_verdicts(revision, screening, final=not passed))
    if passed:
        relay.record(events.RevisionSubmitted(revision.pk))
    return revision


def _verdicts(revision: Revision, screening: Screening, *, final: bool) -> list[Verdict]:
    """One row for each phase that found something, and one that names those that did not; `final`
    marks the last. No phase: a row says so.
    """
    silent = [f"{each.phase} {each.version}" for each in screening.judged if not each.spoke]
    rows = [
        Verdict(
            revision=revision,
            phase=each.phase,
            version=each.version,
            outcome=each.finding.outcome,
            reason=each.finding.reason,
            score=each.finding.score,
            threshold=each.finding.threshold,
            evidence=each.finding.evidence[:200],
        )
        for each in screening.judged
        if each.spoke
    ]
    if silent or (final and not rows):
        evidence = ", ".join(silent)[:200]
        rows.insert(
            0,
            Verdict(
                revision=revision,
                phase=SILENT,
                version="1",
                outcome=Outcome.PASS,
                evidence=evidence,
            ),
        )
    if rows:
        rows[-1].final = final
    return rows


def _put_in_force(comment: Comment, revision: Revision, html: str) -> None:
    """Make `revision` the text that readers see, as `html`."""
    comment.body, comment.body_html = revision.body, html
    comment.renderer_version = rendering.RENDERER_VERSION
    was, comment.language = comment.language, languages.of(comment.body, locale=comment.edition)
    if comment.language != was and comment.is_published:
        counting.note_language(comment, was=was)
    elif comment.is_published:
        counting.tell_soon(comment.thread_id)
    comment.edited_at = revision.created_at
    comment.save(update_fields=["body", "body_html", "renderer_version", "language", "edited_at"])
    if not revision.in_force_at:
        Revision.objects.filter(pk=revision.pk).update(in_force_at=clock.now())


def _locked(**which: UUID | Iterable[UUID]) -> list[Comment]:
    """Comments with thread and site, their rows locked until the transaction's end. One query.
    Raises Comment.DoesNotExist where there is none.
    """
    rows = Comment.objects.select_related("thread__site").filter(**which).order_by("pk")
    found = list(rows.select_for_update(of=("self",), no_key=True))
    if not found:
        raise Comment.DoesNotExist
    return found


MOVE = """
    UPDATE comments_comment AS held SET status = %s, published_at = moved.published_at
    FROM unnest(%s::uuid[], %s::timestamptz[]) AS moved (id, published_at)
    WHERE held.id = moved.id RETURNING held.id
"""
#: Whoever locks several takes them in this order.
LOCK = """
    SELECT 1 FROM comments_comment WHERE id IN (
        SELECT comment_id FROM comments_revision WHERE id = ANY(%s)
    ) ORDER BY id FOR NO KEY UPDATE
"""
#: Asked once the lock is held: what committed while we waited for it counts.
WHAT_FOLLOWED = """
    SELECT
        EXISTS (SELECT FROM comments_verdict WHERE revision_id = revision.id AND final),
        EXISTS (
            SELECT FROM comments_revision AS later
            WHERE later.comment_id = comment.id AND later.number > revision.number
        ),
        EXISTS (
            SELECT FROM comments_statuschange AS change
            WHERE change.comment_id = comment.id AND actor_id IS NOT NULL
            AND change.created_at >= revision.created_at
        ),
        in_force_at IS NOT NULL,
        status IN ('withdrawn', 'erased'),
        status,
        comment.id,
        revision.id
    FROM comments_revision AS revision JOIN comments_comment AS comment ON comment.id = comment_id
    WHERE revision.id = ANY(%s) ORDER BY revision.id
"""


class WhatFollowed(NamedTuple):
    """How a revision stands when its screening ends."""

    decided: bool  #: by machine, before
    superseded: bool  #: by a later text
    person_moved: bool  #: the comment, since the text came
    in_force: bool
    gone: bool  #: the comment, by its author or the law
    status: str
    comment_id: UUID
    revision_id: UUID


def _first_status(thread: Thread, screening: Screening) -> Status:
    if screening.outcome in AFTER_HOLD:
        return AFTER_HOLD[screening.outcome]
    screen_first = thread.site.screening == SitePolicy.SCREEN_FIRST
    return Status.SCREENING if screen_first else Status.PUBLISHED


def _place(parent: Comment | None) -> dict[str, object]:
    """Where a reply hangs. Nesting is capped: below depth 50 a reply joins its depth-50 ancestor
    and says in `answers` whom it answers.
    """
    if parent is None:
        return {"id": new_id()}
    above, answers = parent, None
    if parent.depth == DEEPEST and parent.parent is not None and parent.parent.depth == DEEPEST:
        above, answers = parent.parent, parent
    return {
        "id": new_id(),
        "parent": above,
        "root_id": above.root_id or above.pk,
        "depth": min(above.depth + 1, DEEPEST),
        "answers": answers,
    }


def _after(parent: Comment | None) -> datetime:
    """Now, but after the parent, whatever the clocks of two machines say: pages read oldest first
    never show a reply above what it answers.
    """
    moment = clock.now()
    return max(moment, parent.created_at + timedelta(microseconds=1)) if parent else moment


def _rendered(body: str) -> tuple[str, str]:
    """The text as stored and its HTML. Raises EmptyBody where nothing is left to read."""
    body = rendering.clean(body)
    html = rendering.to_html(body)
    if not rendering.to_text(html):
        raise EmptyBody
    return body, html
