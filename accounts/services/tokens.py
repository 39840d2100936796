"""Tokens: random, told once, kept as a hash, taken back at will.

Their prefixes tell the two kinds apart from each other and from publishers' keys at a glance.
"""

import hashlib
import secrets
import time
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import SigninCode, SsoTokenUse, Token, User
from accounts.states import Barrier, TokenKind
from common import clock
from common.inserting import execute
from common.metrics import TOKENS
from publishers.models import Site, SsoKey

PREFIXES = {TokenKind.APP: "cqa_", TokenKind.READER: "cqr_"}
READER_LIFE = timedelta(days=30)
USE_NOTED_EVERY = timedelta(minutes=10)
#: How long a process believes a token that was found sound: revoked, it still ends within 5 s.
BELIEVED_SECONDS = 4.0
#: How long it is only asked whether anything changed.
REMEMBERED_SECONDS = 300.0
MOST_REMEMBERED = 10_000
#: By digest: until when to believe, until when to ask, and the token.
_remembered: dict[str, tuple[float, float, Token]] = {}
LONGEST = 100
LONGEST_USER_AGENT = 200


def issue_reader(
    *,
    user: User,
    site: Site,
    origin: str = "",
    life: timedelta = READER_LIFE,
    browser_id: int | None = None,
    sso_key: SsoKey | None = None,
    user_agent: str = "",
) -> tuple[Token, str]:
    """A token for `user` on `site`, bound to `origin` where one is given, and its text.

    `browser_id`, `sso_key`: the first-party session or the publisher's key it comes from, if any.
    `user_agent`: who asked for it, for the reader's list of sign-ins.
    """
    text = _new_text(TokenKind.READER)
    token = Token.objects.create(
        kind=TokenKind.READER,
        digest=digest(text),
        user=user,
        site=site,
        origin=origin,
        browser_id=browser_id,
        sso_key=sso_key,
        user_agent=user_agent[:LONGEST_USER_AGENT],
        credentials=user.get_session_auth_hash(),
        created_at=clock.now(),
        expires_at=clock.now() + life,
    )
    return token, text


def issue_app(*, session_key: str, user: User | None, expires_at: datetime) -> tuple[Token, str]:
    """A token for a stored session of the app client, and its text. `user`: None until signed in.

    Earlier tokens of the same session are deleted: a session has one.
    """
    text = _new_text(TokenKind.APP)
    with transaction.atomic():
        Token.objects.filter(session_id=session_key).delete()
        token = Token.objects.create(
            kind=TokenKind.APP,
            digest=digest(text),
            user=user,
            session_id=session_key,
            credentials=user.get_session_auth_hash() if user else "",
            created_at=clock.now(),
            expires_at=expires_at,
        )
    return token, text


def looks_like_one(text: str) -> bool:
    """Whether `text` has the shape of a token of ours. No query."""
    return text.startswith(tuple(PREFIXES.values())) and len(text) <= LONGEST


def find(text: str) -> Token | None:
    """The token with this text, dead or alive, with its user, or None. One query."""
    if not looks_like_one(text):
        return None
    row = execute(_found_by_digest(), [digest(text)])
    if row is None:
        return None
    length = len(_columns(Token))
    token = Token.from_db(None, _columns(Token), row[:length])
    if token.user_id is not None:
        token.user = User.from_db(None, _columns(User), row[length:-1])
    token.barrier = row[-1]
    return token


def find_app(text: str) -> Token | None:
    """The app token with this text, dead or alive; a reader token is not found. One query."""
    token = find(text)
    return token if token is not None and token.kind == TokenKind.APP else None


#: A token with its user, and why its site lets them not comment ("" where it does). Written out
#: since every call begins with it: made by the ORM it took 4.1 ms (p50), and 0.6 so (bench.tokens).
FOUND_BY_DIGEST = """
    SELECT {token}, {user}, coalesce((
        SELECT coalesce(nullif(may_not_because, ''), '{publisher}')
        FROM accounts_siteprofile AS said
        WHERE said.user_id = token.user_id AND said.site_id = token.site_id AND NOT may_comment
    ), '')
    FROM accounts_token AS token LEFT JOIN accounts_user AS holder ON holder.id = token.user_id
    WHERE digest = %s
"""


@cache
def _found_by_digest() -> str:
    return FOUND_BY_DIGEST.format(
        token=", ".join(f"token.{name}" for name in _columns(Token)),
        user=", ".join(f"holder.{name}" for name in _columns(User)),
        publisher=Barrier.PUBLISHER.value,
    )


@cache
def _columns(model: type[Token] | type[User]) -> list[str]:
    """A model's columns, which `from_db` takes in this order: none is named unlike its field."""
    return [field.attname for field in model._meta.concrete_fields]


#: Whether a remembered token and its user are still what they were.
UNCHANGED = """
    SELECT 1 FROM accounts_token AS token JOIN accounts_user AS holder ON holder.id = token.user_id
    LEFT JOIN accounts_siteprofile AS said
        ON said.user_id = token.user_id AND said.site_id = token.site_id
    WHERE token.id = %s AND revoked_at IS NULL AND is_active AND password = %s AND name = %s
    AND coalesce(may_comment, true) = %s
    AND avatar_id IS NOT DISTINCT FROM %s
"""


def recall(text: str) -> Token | None:
    """A live token that this process found sound, with its user. No query for some seconds, then
    a small one, whether anything changed.

    Shared between threads: nobody may change it. What its user may do may be as old.
    """
    key, now = digest(text), time.monotonic()
    believed_until, kept_until, token = _remembered.get(key, (0.0, 0.0, None))
    if token is None or kept_until <= now or token.expires_at <= clock.now():
        TOKENS.labels("database").inc()
        return None
    if believed_until <= now:
        user = token.user
        was = [user.password, user.name, not token.barrier, user.avatar_id] if user else []
        if not was or not execute(UNCHANGED, [token.pk, *was]):
            _remembered.pop(key, None)
            TOKENS.labels("database").inc()
            return None
        _remembered[key] = (now + BELIEVED_SECONDS, kept_until, token)
    TOKENS.labels("memory").inc()
    return token


def remember(token: Token) -> None:
    """Let `recall` find a token that was found sound just now."""
    if len(_remembered) >= MOST_REMEMBERED:
        _remembered.clear()
    now = time.monotonic()
    _remembered[token.digest] = (now + BELIEVED_SECONDS, now + REMEMBERED_SECONDS, token)


def forget_all() -> None:
    """Have this process look every token up again."""
    _remembered.clear()


def note_use(token: Token) -> None:
    """Note that the token was used. One query, at most once in ten minutes per token."""
    stale_before = clock.now() - USE_NOTED_EVERY
    if token.last_used_at is not None and token.last_used_at >= stale_before:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lt=stale_before)
    Token.objects.filter(stale, pk=token.pk).update(last_used_at=clock.now())


def revoke(token: Token) -> None:
    """End one token at once; an app token goes with its session. A repeat does nothing."""
    forget_all()
    if token.session_id is not None:
        Session.objects.filter(pk=token.session_id).delete()
    else:
        Token.objects.unrevoked().filter(pk=token.pk).update(revoked_at=clock.now())


def revoke_handed_over(session_key: str | None) -> None:
    """End the reader tokens that a first-party session handed over. A repeat does nothing."""
    forget_all()
    Token.objects.unrevoked().filter(browser__session_key=session_key).update(
        revoked_at=clock.now()
    )


def revoke_signed_by(key: SsoKey) -> int:
    """End the reader tokens that a publisher's key gave; how many there were. One query."""
    forget_all()
    given = Token.objects.unrevoked().filter(site=key.site_id, sso_key=key)
    return given.update(revoked_at=clock.now())


@transaction.atomic
def end_sessions(sessions: Collection[UserSession]) -> None:
    """End sessions of browsers and apps at once, with every token that came of them."""
    forget_all()
    Token.objects.unrevoked().filter(browser__in=sessions).update(revoked_at=clock.now())
    Session.objects.filter(pk__in=[session.session_key for session in sessions]).delete()
    UserSession.objects.filter(pk__in=[session.pk for session in sessions]).delete()


@transaction.atomic
def revoke_all(user: User, *, but: str | None = None) -> None:
    """End every session and token of an account at once, but the session with the key `but`.

    A repeat does nothing.
    """
    kept = but or ""
    end_sessions(list(UserSession.objects.filter(user=user).exclude(session_key=kept)))
    app_sessions = Token.objects.of(user).filter(kind=TokenKind.APP).exclude(session_id=kept)
    Session.objects.filter(pk__in=app_sessions.values("session_id")).delete()
    Token.objects.of(user).unrevoked().exclude(session_id=kept).update(revoked_at=clock.now())


def purge() -> int:
    """Delete tokens, one-time codes, uses and sessions whose time is over. How many rows."""
    kept = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=clock.now())
    over: list[QuerySet[Any]] = [
        UserSession.objects.filter(~Exists(kept)),
        Token.objects.expired(),
        SigninCode.objects.expired(),
        SsoTokenUse.objects.expired(),
        Session.objects.filter(expire_date__lte=clock.now()),
    ]
    return sum(rows.delete()[0] for rows in over)


def digest(text: str) -> str:
    """What is stored of a token or code. It has 256 random bits: a fast hash is enough."""
    return hashlib.sha256(text.encode()).hexdigest()


def _new_text(kind: TokenKind) -> str:
    return PREFIXES[kind] + secrets.token_urlsafe(32)
