"""Reads for the desk. Each says how many queries it makes, whatever waits there."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Count, Q, Subquery
from django.http import Http404

from accounts.models import NameLock, SiteProfile, User
from articles.models import Edition, FormerText
from articles.selectors import text_answered
from comments.models import AuthorFigures, Comment, Revision, StatusChange, Verdict
from comments.states import Outcome, Status
from common import clock
from moderation.models import Case, Decision, Flag
from moderation.querysets import CaseQuerySet
from moderation.states import FlagReason, Queue, Ruling
from publishers.models import Site

SHOWN_AT_FIRST = 50
MOST_SHOWN = 500
MOST_OF_A_KIND = 20
#: What a ruling leaves as it was: a decision that logs no change of status.
KEEPS = Q(ruling=Ruling.PUBLISH, was=Status.PUBLISHED) | Q(
    ruling=Ruling.REJECT, was=Status.REJECTED
)


@dataclass(frozen=True)
class QueuePage:
    """The head of a queue, and how many cases each queue has."""

    queue: Queue
    counts: dict[Queue, int]
    cases: list[Case]
    sites: list[Site]
    shown: int

    @property
    def query(self) -> str:
        """What an address says to come back to this page of this queue."""
        shown = {} if self.shown == SHOWN_AT_FIRST else {"show": self.shown}
        return urlencode({"queue": self.queue, **shown})

    @property
    def query_for_more(self) -> str:
        return urlencode({"queue": self.queue, "show": min(2 * self.shown, MOST_SHOWN)})

    @property
    def more_count(self) -> int:
        """Cases of the queue below those listed."""
        return max(0, self.counts[self.queue] - len(self.cases))


@dataclass(frozen=True)
class FlagCount:
    """How many readers gave one reason."""

    reason: FlagReason
    count: int


@dataclass(frozen=True)
class Past:
    """Something decided on a comment before: by a moderator, its author or a machine (None).

    `was` and `now` are the same where a moderator kept things as they were.
    """

    at: datetime
    actor: User | None
    was: Status
    now: Status
    reason: str
    note: str


@dataclass(frozen=True)
class Opened:
    """One case with all that is needed to decide it."""

    case: Case
    edition: Edition | None
    #: What the edition said when the comment came, where it says something else now.
    answered: FormerText | None
    revisions: list[Revision]
    flag_counts: list[FlagCount]
    flags_with_words: list[Flag]
    figures: AuthorFigures
    past: list[Past]
    #: The site's word that the author's name stays, with the `reason` that was given.
    name_lock: SiteProfile | None

    @property
    def comment(self) -> Comment:
        return self.case.comment

    @property
    def flag_count(self) -> int:
        return sum(each.count for each in self.flag_counts)

    @property
    def parent(self) -> Comment | None:
        """What the comment replies to: where nesting was capped, not its parent."""
        return self.comment.answers or self.comment.parent

    @property
    def newest(self) -> Revision:
        """The comment's newest text, in force or not."""
        return self.revisions[0]

    @property
    def waiting_text(self) -> str:
        """An edit that readers do not see yet, or nothing."""
        return "" if self.newest.in_force_at else self.newest.body

    @property
    def verdicts(self) -> list[Verdict]:
        """What phases had against the comment's texts, newest first."""
        return [each for each in self._all_verdicts() if each.outcome != Outcome.PASS]

    @property
    def passed(self) -> list[Verdict]:
        """Phases that found nothing wrong with the newest text."""
        newest = self.newest.verdicts.all()
        return [each for each in newest if each.outcome == Outcome.PASS]

    def _all_verdicts(self) -> list[Verdict]:
        rows = (each for revision in self.revisions for each in revision.verdicts.all())
        return sorted(rows, key=lambda verdict: verdict.created_at, reverse=True)

    @property
    def earlier_revisions(self) -> list[Revision]:
        return self.revisions[1:]


def queue_page(user: User, *, wanted: str = "", shown: int = SHOWN_AT_FIRST) -> QueuePage:
    """The first `shown` cases of a queue: the one `wanted`, else the first that is not empty.

    Four queries: sites, a count for each queue, the cases.
    """
    counts = {queue: _cases(user, queue).count() for queue in Queue}
    if wanted in Queue.values:
        queue = Queue(wanted)
    else:
        queue = next((each for each in Queue if counts[each]), Queue.HELD)
    rows = _in_order(user, queue).select_related("site", "comment__author")
    shown = max(1, min(shown, MOST_SHOWN))
    return QueuePage(
        queue=queue,
        counts=counts,
        cases=list(rows[:shown]),
        sites=list(Site.objects.moderated_by(user).order_by("name")),
        shown=shown,
    )


def case_after(user: User, *, case: Case, queue: Queue) -> UUID | None:
    """The case to open once `case` is decided: the next below it, else the first; None if it was
    the last of its queue. One query.
    """
    ids = list(_in_order(user, queue).values_list("pk", flat=True)[:MOST_SHOWN])
    place = ids.index(case.pk) if case.pk in ids else -1
    others = ids[place + 1 :] + ids[: max(place, 0)]
    return others[0] if others else None


def case_for(user: User, case_id: UUID) -> Case:
    """A case of a site at whose desk `user` sits, open or closed, with its comment, the comment's
    author, thread and what it replies to. Raises Http404. One query.
    """
    case = (
        Case.objects.moderated_by(user)
        .select_related(
            "site",
            "comment__author",
            "comment__thread",
            "comment__parent__author",
            "comment__answers__author",
        )
        .filter(pk=case_id)
        .first()
    )
    if case is None:
        raise Http404
    return case


def opened(case: Case) -> Opened:
    """All about a case that `case_for` read. Ten queries."""
    comment = case.comment
    revisions = comment.revisions.prefetch_related("verdicts").order_by("-number")
    flags = Flag.objects.filter(comment=comment)
    return Opened(
        case=case,
        edition=(edition := _edition_of(comment)),
        answered=text_answered(edition, comment.created_at) if edition else None,
        revisions=list(revisions[:MOST_OF_A_KIND]),
        flag_counts=_flag_counts(comment),
        flags_with_words=list(flags.exclude(detail="").order_by("-created_at")[:MOST_OF_A_KIND]),
        figures=_figures(comment.author, case.site_id),
        past=_past(comment),
        name_lock=_name_lock(comment.author, case.site_id),
    )


def _cases(user: User, queue: Queue) -> CaseQuerySet:
    rows = Case.objects.moderated_by(user).open()
    return rows.held() if queue is Queue.HELD else rows.reported()


def _in_order(user: User, queue: Queue) -> CaseQuerySet:
    return _cases(user, queue).most_urgent_first()


def _edition_of(comment: Comment) -> Edition | None:
    """The edition a comment was written in, else another of its thread; none for a thread without
    an article.
    """
    editions = list(Edition.objects.filter(thread=comment.thread_id).select_related("article"))
    written_in = (each for each in editions if each.locale == comment.edition)
    return next(written_in, editions[0] if editions else None)


def _flag_counts(comment: Comment) -> list[FlagCount]:
    rows = Flag.objects.filter(comment=comment).values("reason").annotate(count=Count("pk"))
    return [
        FlagCount(FlagReason(row["reason"]), row["count"])
        for row in rows.order_by("-count", "reason")
    ]


def _figures(author: User, site: UUID) -> AuthorFigures:
    """Of an author who has none yet: all zero, not stored."""
    found = AuthorFigures.objects.filter(author=author, site=site).first()
    return found or AuthorFigures(author=author, site_id=site)


def _name_lock(author: User, site: UUID) -> SiteProfile | None:
    """What the site says now of the author's name; None where it may change. One query."""
    record = NameLock.objects.filter(user=author, site=site).order_by("-pk")
    rows = SiteProfile.objects.filter(user=author, site=site, name_locked_until__gt=clock.now())
    rows = rows.select_related("name_locked_by")
    return rows.annotate(reason=Subquery(record.values("reason")[:1])).first()


def _past(comment: Comment) -> list[Past]:
    """Newest first: changes of status, and decisions that changed none."""
    changes = StatusChange.objects.filter(comment=comment).select_related("actor")
    kept = Decision.objects.filter(KEEPS, comment=comment).select_related("actor")
    found = [
        Past(
            at=each.created_at,
            actor=each.actor,
            was=Status(each.was),
            now=Status(each.now),
            reason=each.reason,
            note=each.note,
        )
        for each in changes.order_by("-number")[:MOST_OF_A_KIND]
    ] + [
        Past(
            at=each.created_at,
            actor=each.actor,
            was=Status(each.was),
            now=Status(each.was),
            reason=each.reason,
            note=each.note,
        )
        for each in kept.order_by("-created_at")[:MOST_OF_A_KIND]
    ]
    return sorted(found, key=lambda past: past.at, reverse=True)[:MOST_OF_A_KIND]
