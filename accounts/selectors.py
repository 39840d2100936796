"""Reads of accounts: for commands, and for who looks where they are signed in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, Max, OuterRef, Subquery

from accounts.devices import describe
from accounts.models import Mute, SiteProfile, Token, User
from accounts.states import Standing, TokenKind
from common import clock
from publishers.models import Site


@dataclass(frozen=True)
class SignIn:
    """Where somebody is signed in: a browser or an app (`session`), or a website (`token`)."""

    #: What names it among the sign-ins of its account.
    key: str
    device: str
    since: datetime
    last_used_at: datetime
    session: UserSession | None = None
    token: Token | None = None
    is_app: bool = False


def sign_ins(user: User) -> list[SignIn]:
    """An account's live sessions and reader tokens, the latest used first. Two queries."""
    found = [*_sessions(user), *_reader_tokens(user)]
    return sorted(found, key=lambda each: each.last_used_at, reverse=True)


def _sessions(user: User) -> list[SignIn]:
    live = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=clock.now())
    token = Token.objects.filter(session_id=OuterRef("session_key"))
    rows = UserSession.objects.filter(Exists(live), user=user).annotate(
        is_app=Exists(token), app_used_at=Subquery(token.values("last_used_at")[:1])
    )
    return [
        SignIn(
            key=f"session-{row.pk}",
            device=describe(row.user_agent),
            since=row.created_at,
            last_used_at=max(filter(None, (row.last_seen_at, row.app_used_at))),
            session=row,
            is_app=row.is_app,
        )
        for row in rows
    ]


def _reader_tokens(user: User) -> list[SignIn]:
    rows = Token.objects.of(user).unrevoked().filter(kind=TokenKind.READER)
    rows = rows.select_related("site", "user")
    return [
        SignIn(
            key=f"token-{row.pk}",
            device=describe(row.user_agent),
            since=row.created_at,
            last_used_at=row.last_used_at or row.created_at,
            token=row,
        )
        for row in rows
        if row.standing(clock.now()) == Standing.LIVE
    ]


def name_locked_until(user: User) -> datetime | None:
    """Until when the name stays as it is by the word of some site's moderators; None where it may
    change. One query.
    """
    locks = SiteProfile.objects.filter(user=user, name_locked_until__gt=clock.now())
    until: datetime | None = locks.aggregate(until=Max("name_locked_until"))["until"]
    return until


def muted_ids(reader: User) -> list[UUID]:
    """Whom a reader muted. One query."""
    return list(Mute.objects.filter(reader=reader).values_list("author_id", flat=True))


def muted_by(reader: User) -> Iterable[Mute]:
    """Whom a reader muted, with their names, the latest first. At most 500. One query."""
    return (
        Mute.objects.filter(reader=reader).select_related("author").order_by("-created_at", "-id")
    )


def site_named(words: str) -> Site | None:
    """The site with this id or, where only one has it, this name. One query."""
    try:
        return Site.objects.filter(pk=UUID(words)).first()
    except ValueError:
        found = list(Site.objects.filter(name=words)[:2])
    return found[0] if len(found) == 1 else None
