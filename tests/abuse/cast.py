"""Who tries: everybody who could have something to call us with, on two publishers' sites."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from django.http import HttpRequest
from django.test import Client

from accounts.models import User
from accounts.services import tokens
from common import clock
from publishers.models import Site
from publishers.services import keys
from publishers.states import Role, Scope
from tests import staff
from tests.factories import ReaderFactory


@dataclass(frozen=True)
class Member:
    """Somebody, and what they call with."""

    name: str
    kind: str
    client: Client = field(repr=False, compare=False)
    user: User | None = None
    #: The one site that their token or key is for.
    site: Site | None = None
    #: For staff: what they are, where.
    role: Role | None = None
    staff_of: Site | None = None
    #: Of a key.
    scopes: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return self.name

    @property
    def is_person(self) -> bool:
        return self.kind in {"reader token", "app token", "session"}


def bearer(text: str) -> Client:
    """Whoever calls with this text, in every header that we read one from."""
    return Client(headers={"authorization": f"Bearer {text}", "x-session-token": text})


def cookie(text: str) -> Client:
    """Whoever tries it as the key of a session."""
    client = Client()
    client.cookies["sessionid"] = text
    return client


def session(user: User, *, second_factor: bool = False) -> Client:
    """Signed in on our own pages a moment ago."""
    client = Client()
    if second_factor:
        return staff.sign_in(client, user)
    client.force_login(user)
    request = HttpRequest()
    request.session = client.session
    record_authentication(request, user, "password")
    request.session.save()
    return client


def app_token(user: User) -> str:
    """What a mobile app of theirs holds, signed in a moment ago."""
    key = session(user).session.session_key
    expires_at = clock.now() + timedelta(days=1)
    return tokens.issue_app(session_key=key, user=user, expires_at=expires_at)[1]


def gather(*, here: Site, there: Site, reader: User, other: User) -> list[Member]:
    """Everybody. `reader` is at home on `here`, `other` on `there`."""
    return [
        Member("anonymous", "nobody", Client()),
        Member("guessed token", "nobody", bearer("cqr_guessed")),
        *_readers(here, there, reader, other),
        *_staff(here, there),
        *_keys(here, there),
    ]


def _readers(here: Site, there: Site, reader: User, other: User) -> Iterator[Member]:
    text = tokens.issue_reader(user=reader, site=here)[1]
    elsewhere = tokens.issue_reader(user=other, site=there)[1]
    yield Member("reader token", "reader token", bearer(text), reader, here)
    yield Member("reader token of there", "reader token", bearer(elsewhere), other, there)
    yield Member("reader token as a cookie", "nobody", cookie(text))
    yield Member("app token", "app token", bearer(app_token(reader)), reader)
    yield Member("app token as a cookie", "nobody", cookie(app_token(reader)))
    yield Member("session", "session", session(reader), reader)


def _staff(here: Site, there: Site) -> Iterator[Member]:
    for site, where in ((here, ""), (there, " of there")):
        for role in Role:
            user = _member(site, role)
            client = session(user, second_factor=True)
            known: Any = {"user": user, "role": role, "staff_of": site}
            yield Member(f"{role}{where}", "session", client, **known)
    hasty = _member(here, Role.OWNER)
    yield Member("owner without second factor", "session", session(hasty), hasty)
    owner = _member(here, Role.OWNER)
    text = tokens.issue_reader(user=owner, site=here)[1]
    yield Member("owner by reader token", "reader token", bearer(text), owner, here)
    yield Member("owner by app token", "app token", bearer(app_token(owner)), owner)
    operator: User = ReaderFactory(is_staff=True, is_superuser=True)
    yield Member("operator", "session", session(operator, second_factor=True), operator)
    hasty = ReaderFactory(is_staff=True, is_superuser=True)
    yield Member("operator without second factor", "session", session(hasty), hasty)


def _keys(here: Site, there: Site) -> Iterator[Member]:
    for site, where in ((here, ""), (there, " of there")):
        text = keys.issue(site=site, name="server")[1]
        everything = frozenset(Scope.values)
        yield Member(f"site key{where}", "site key", bearer(text), site=site, scopes=everything)
    yield Member("site key as a cookie", "nobody", cookie(text))
    for scope in Scope:
        _, text = keys.issue(site=here, name="server", scopes=[scope])
        alone = frozenset({str(scope)})
        yield Member(f"site key for {scope}", "site key", bearer(text), site=here, scopes=alone)
    revoked, text = keys.issue(site=here, name="revoked")
    revoked.revoked_at = clock.now()
    revoked.save()
    yield Member("revoked site key", "nobody", bearer(text))


def _member(site: Site, role: Role) -> User:
    user: User = ReaderFactory()
    site.staff.create(user=user, role=role)
    return user
