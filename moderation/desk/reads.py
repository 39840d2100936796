"""Reads for the desk's pages about a site itself. Each says how many queries it makes."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db.models import Avg, Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.shortcuts import get_object_or_404

from accounts.models import NameLock, User
from accounts.staff import SECOND_FACTORS
from articles.models import Article, Edition
from articles.selectors import ids_named
from comments.models import AuthorFigures, Thread
from comments.services.pace import pause_of
from common import clock
from common.limits import spoken
from moderation.models import Case, Decision
from moderation.states import Ruling
from publishers import roles
from publishers.models import AccessChange, SsoKey, StaffInvitation, StaffMembership
from publishers.states import AccessChangeKind, Role

LOG_PAGE = ARTICLES_PAGE = 50
FIGURES_OF = timedelta(days=30)


@dataclass(frozen=True)
class Member:
    """Somebody on a site's staff, and what who looks may give them (nothing: no change)."""

    membership: StaffMembership
    has_second_factor: bool
    is_self: bool
    may_change: bool


@dataclass(frozen=True)
class Invited:
    """Somebody who was invited; whether who looks may send that again or take it back."""

    invitation: StaffInvitation
    is_over: bool
    may_change: bool


@dataclass(frozen=True)
class SignInKey:
    """A key for single sign-on, and who made and retired it (None: the command line)."""

    key: SsoKey
    made_by: User | None
    retired_by: User | None


@dataclass(frozen=True)
class Entry:
    """Something on record: a decision on a comment, a change of who may come in, or a reader's
    name locked or unlocked.
    """

    id: UUID
    at: datetime
    actor: User | None
    decision: Decision | None = None
    change: AccessChange | None = None
    #: With `case`: the author's latest on the site, whose page can undo it.
    lock: NameLock | None = None

    @property
    def was(self) -> str:
        """The role before, in words."""
        return _in_words(self.change.was if self.change else "")

    @property
    def now(self) -> str:
        """The role after, in words."""
        return _in_words(self.change.now if self.change else "")


@dataclass(frozen=True)
class Log:
    """A page of the log, newest first, and the id to go on from, if there is more."""

    entries: list[Entry]
    further: UUID | None


@dataclass(frozen=True)
class Figures:
    """A site in numbers: comments so far, cases that wait, decisions of the last thirty days."""

    so_far: dict[str, int]
    waiting: dict[str, int]
    decided: dict[str, Any]
    reasons: list[tuple[str, int]]
    days: int


def staff_of(own: StaffMembership) -> list[Member]:
    """The staff of a site as one of them sees it, highest role first. One query."""
    factor = Authenticator.objects.filter(user=OuterRef("user"), type__in=SECOND_FACTORS)
    rows = own.site.staff.select_related("user").annotate(has_second_factor=Exists(factor))
    found = [
        Member(
            membership=each,
            has_second_factor=each.has_second_factor,
            is_self=each.pk == own.pk,
            may_change=each.pk != own.pk and roles.may_appoint(own.role, each.role),
        )
        for each in rows.order_by("user__name", "pk")
    ]
    order = list(Role)
    return sorted(found, key=lambda member: order.index(Role(member.membership.role)))


def invitations_to(own: StaffMembership) -> list[Invited]:
    """Who was invited and has not come yet, as one of the staff sees it. One query."""
    now = clock.now()
    return [
        Invited(each, each.expires_at <= now, roles.may_appoint(own.role, each.role))
        for each in own.site.invitations.order_by("email")
    ]


def sso_keys_of(site_id: UUID) -> list[SignInKey]:
    """A site's keys for single sign-on, live or retired, the newest first. Two queries."""
    made, retired = AccessChangeKind.SSO_KEY_MADE, AccessChangeKind.SSO_KEY_RETIRED
    changes = AccessChange.objects.filter(site=site_id, kind__in=[made, retired])
    actors = {(each.kind, each.subject): each.actor for each in changes.select_related("actor")}
    return [
        SignInKey(key, actors.get((made, str(key))), actors.get((retired, str(key))))
        for key in SsoKey.objects.filter(site=site_id).order_by("-created_at")
    ]


def log_of(site_id: UUID, *, before: str = "") -> Log:
    """What is on record of a site, older than the entry `before`. Three queries."""
    decisions = Decision.objects.filter(case__site=site_id).select_related("actor", "case")
    changes = AccessChange.objects.filter(site=site_id).select_related("actor")
    cases = Case.objects.filter(site=site_id, comment__author=OuterRef("user")).order_by("-pk")
    locks = NameLock.objects.filter(site=site_id).select_related("actor", "user")
    entries = [
        *(
            Entry(id=each.pk, at=each.created_at, actor=each.actor, lock=each)
            for each in _newest(locks.annotate(case=cases.values("pk")[:1]), before)
        ),
        *(
            Entry(id=each.pk, at=each.created_at, actor=each.actor, decision=each)
            for each in _newest(decisions, before)
        ),
        *(
            Entry(id=each.pk, at=each.created_at, actor=each.actor, change=each)
            for each in _newest(changes, before)
        ),
    ]
    entries.sort(key=lambda entry: entry.id, reverse=True)
    page = entries[:LOG_PAGE]
    return Log(page, page[-1].id if len(entries) > LOG_PAGE else None)


def figures_of(site_id: UUID) -> Figures:
    """A site in numbers. Five queries."""
    kept = ("published", "rejected", "withdrawn", "flag")
    so_far = AuthorFigures.objects.filter(site=site_id).aggregate(
        **{f"{name}_count": Sum(f"{name}_count", default=0) for name in kept}
    )
    cases = Case.objects.filter(site=site_id).open()
    since = clock.now() - FIGURES_OF
    decisions = Decision.objects.filter(case__site=site_id, created_at__gte=since)
    decided = decisions.aggregate(
        published=Count("pk", filter=Q(ruling=Ruling.PUBLISH)),
        rejected=Count("pk", filter=Q(ruling=Ruling.REJECT)),
        waited=Avg(F("created_at") - F("case__opened_at")),
    )
    by_reason = decisions.filter(ruling=Ruling.REJECT).values_list("reason")
    return Figures(
        so_far=so_far,
        waiting={"held": cases.held().count(), "reported": cases.reported().count()},
        decided=decided,
        reasons=list(by_reason.annotate(count=Count("pk")).order_by("-count", "reason")),
        days=FIGURES_OF.days,
    )


def _newest(rows: QuerySet[Any], before: str) -> QuerySet[Any]:
    """One more than a page. Ids are made in the order of time."""
    with suppress(ValueError):  # what is no id asks for the first page
        rows = rows.filter(pk__lt=UUID(before))
    return rows.order_by("-pk")[: LOG_PAGE + 1]


def _in_words(role: str) -> str:
    return str(Role(role).label) if role else ""


def articles_of(site_id: UUID, *, wanted: str = "") -> list[Article]:
    """A site's newest articles with their editions, or those that are called so: by words of a
    title, by id, by address. Three queries and those of the search, at most a page.
    """
    rows = Article.objects.filter(site=site_id)
    if wanted:
        rows = rows.filter(pk__in=ids_named(wanted, site_id=site_id))
    rows = rows.select_related("section").prefetch_related("editions__thread")
    return list(rows.order_by("-id")[:ARTICLES_PAGE])


def article_of(site_id: UUID, article_id: UUID) -> Article:
    """An article of a site with editions, their threads, related links, other addresses and former
    texts. Raises Http404. Six queries.
    """
    named = ("thread", "related_links", "addresses", "former_texts")
    rows = Article.objects.prefetch_related(*(f"editions__{each}" for each in named))
    return get_object_or_404(rows.select_related("section"), site=site_id, pk=article_id)


def threads_of(article: Article) -> list[tuple[Thread, int, str]]:
    """The conversations of an article that `article_of` read: each with the pause that is set, in
    seconds and in words. No query.
    """
    threads = {each.thread_id: each.thread for each in article.editions.all()}
    paused = ((thread, pause_of(thread)) for thread in threads.values())
    return [(thread, pause, spoken(pause) if pause else "") for thread, pause in paused]


def as_lines(edition: Edition) -> str:
    """An edition's related links as an editor types them. No query after `article_of`."""
    links = edition.related_links.all()
    return "\n".join(link.external_id or f"{link.url} {link.title}" for link in links)


def with_texts(edition: Edition, links: list[dict[str, str]]) -> list[dict[str, str]]:
    """The links with the texts that the publisher sent along for the same targets."""
    texts = {link.external_id or link.url: link.text for link in edition.related_links.all()}
    return [
        {**link, "text": texts.get(link.get("external_id") or link["url"], "")} for link in links
    ]
