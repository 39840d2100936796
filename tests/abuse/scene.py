"""Where they try: two publishers, what each has, what is hidden, and what does not exist."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.test import override_settings

from accounts.models import Avatar, User
from comments.models import Thread
from comments.states import Status, ThreadState
from common.ids import new_id
from newsroom import desk
from publishers.models import Site
from tests.abuse import cast, samples
from tests.abuse.cast import Member
from tests.factories import (
    CaseFactory,
    CommentFactory,
    EditionFactory,
    ReaderFactory,
    SiteFactory,
    ThreadFactory,
)
from tests.routes import Route

#: Texts in paths that are no ids.
ELSE = {
    "locale": "en",
    "slug": desk.front_page("en").lead.external_id,
    "app_label": "comments",
    "url": "nothing",
    "key": "k",
    "kind": "respect",
}


@dataclass(frozen=True)
class Place:
    """A set of ids that go together. `author`: who wrote the comment."""

    name: str
    ids: dict[str, Any] = field(default_factory=dict)
    is_public: bool = False
    site: Site | None = None
    author: User | None = None

    def __str__(self) -> str:
        return self.name

    def address(self, route: Route) -> str:
        """The route's path here. What this place has none of, does not exist."""
        return route.address({name: self.ids.get(name) or _absent(name) for name in route.ids})


NOWHERE = Place("here", is_public=True)


@dataclass(frozen=True)
class Scene:
    """The two sites with everybody. `places`: of comments; `threads`: of threads and all else."""

    here: Site
    members: list[Member]
    threads: list[Place]
    comments: list[Place]
    absent: Place

    def places(self, route: Route) -> list[Place]:
        """Every place that makes a difference to this address, but not the absent one."""
        if not set(route.ids) - set(ELSE):
            return [NOWHERE]
        found = self.threads + self.comments if "comment_id" in route.ids else self.threads
        return [place for place in found if set(route.ids) <= {*place.ids, *ELSE}]

    def member(self, name: str) -> Member:
        """Somebody of the cast."""
        return next(each for each in self.members if each.name == name)


@contextmanager
def laid() -> Iterator[Scene]:
    """The scene, without limits of pace. All of it is gone afterwards."""
    quiet = override_settings(RATE_LIMITS_ON=False, ACCOUNT_RATE_LIMITS=False)
    with quiet, transaction.atomic():
        yield _lay()
        transaction.set_rollback(True)


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is written in the block never was."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    connection.run_on_commit = []


def _lay() -> Scene:
    here = SiteFactory(origins=[samples.PAGES], readers_open_threads=True)
    there = SiteFactory()
    reader, other, writer = ReaderFactory(), ReaderFactory(), ReaderFactory(public_page=True)
    public = [_published("here", here, writer), _published("there", there, writer)]
    off = ThreadFactory(site=here, state=ThreadState.OFF)
    gone = Place("thread that is off", {"thread_id": off.pk}, site=here)
    hidden = [_hidden(each, writer, f"hidden {each}") for each in public]
    own = _hidden(public[0], reader, "own, not published")
    mixed = {**public[1].ids, "comment_id": public[0].ids["comment_id"]}
    return Scene(
        here=here,
        members=cast.gather(here=here, there=there, reader=reader, other=other),
        threads=[*public, gone],
        comments=[*hidden, own, Place("comment of another thread", mixed)],
        absent=Place("absent"),
    )


def _published(name: str, site: Site, writer: User) -> Place:
    edition = EditionFactory(article__site=site)
    comment = CommentFactory(thread=edition.thread, author=writer)
    ids = {
        "thread_id": edition.thread_id,
        "comment_id": comment.pk,
        "article_id": edition.article_id,
        "external_id": edition.article.external_id,
        "case_id": CaseFactory(comment=comment).pk,
        "object_id": comment.pk,
        **dict.fromkeys(("reader_id", "author_id"), writer.pk),
        "site_id": site.pk,
    }
    picture, _ = Avatar.objects.get_or_create(pk="a" * 64, defaults={"content": b"WebP"})
    ids["digest"] = picture.pk
    return Place(name, ids, is_public=True, site=site, author=writer)


def _hidden(beside: Place, author: User, name: str) -> Place:
    thread = Thread.objects.get(pk=beside.ids["thread_id"])
    comment = CommentFactory(thread=thread, author=author, status=Status.HELD)
    ids = {**beside.ids, "comment_id": comment.pk, "case_id": CaseFactory(comment=comment).pk}
    return Place(name, ids, site=beside.site, author=author)


def _absent(name: str) -> Any:
    return ELSE.get(name) or new_id()
