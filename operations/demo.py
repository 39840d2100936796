"""The demo newsroom comes alive: a site, its stories by the publisher API, readers who talk.

Each step looks first whether it was done, so an interrupted seeding can be run again.
"""

import json
import secrets
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.test import Client

from accounts.models import User
from accounts.services import staff
from articles.models import Article
from comments.models import Comment, Thread
from comments.services import counting, lifecycle, reactions, votes
from common import clock
from moderation.models import ListedWord
from moderation.services import flags
from newsroom import demo
from newsroom.demo import DemoComment
from outbox.models import OutboxRow
from outbox.services import relay
from publishers.models import Site
from publishers.services import keys, sites, sso_keys
from publishers.states import Role

SITE = "The demo newsroom"
SHOWCASE = "northern-line-night-trains"
MODERATOR = "moderator@staff.example"
READER = "night-owl@readers.example"

Say = Callable[[str], None]
Entry = dict[str, Any]


def seed(*, say: Say) -> Entry:
    """Make the demo site with everything in it; give what `var/demo.json` holds.

    Raises RuntimeError where the publisher API refuses a story.
    """
    site = _site()
    _, api_key = keys.issue(site=site, name="demo")
    readers = _readers()
    say(f"{len(readers)} readers are there.")
    _publish_stories(api_key)
    say(f"{site.articles.count()} stories in three editions are published.")
    if not Comment.objects.filter(thread__site=site).exists():
        with transaction.atomic():
            _let_them_talk(site, readers)
    _finish_work()
    say(f"{Comment.objects.filter(thread__site=site).count()} comments are posted.")
    return _summary(site, api_key)


def _site() -> Site:
    own = urlsplit(settings.PUBLIC_URL)
    here = [f"{own.scheme}://{host}" for host in _hosts(own.hostname or "", own.port)]
    site = Site.objects.filter(name=SITE).first()
    if site is None:
        site, _ = sites.create(name=SITE, origins=[*here, "https://news.example"])
    for origin in here:
        site.origins.get_or_create(origin=origin)
    for word in demo.listed_words():
        ListedWord.objects.get_or_create(site=site, word=word)
    return site


def _hosts(host: str, port: int | None) -> list[str]:
    names = ["127.0.0.1", "localhost"] if host in {"127.0.0.1", "localhost"} else [host]
    return [f"{name}:{port}" if port else name for name in names]


def _readers() -> dict[str, User]:
    people = {}
    for each in demo.readers():
        reader = User.objects.filter(email=each["email"]).first() or User.objects.create_user(
            each["email"], name=each["display_name"], locale=each["locale"]
        )
        staff.vouch_for_address(reader)
        people[each["key"]] = reader
    return people


def _publish_stories(api_key: str) -> None:
    """Send each story as a publisher's server would, through the whole stack but the network."""
    host = urlsplit(settings.PUBLIC_URL).netloc
    client = Client(headers={"authorization": f"Bearer {api_key}", "host": host})
    for story in demo.stories(settings.PUBLIC_URL):
        address = f"/api/v1/publisher/articles/{story['external_id']}"
        answer = client.put(address, json.dumps(story), content_type="application/json")
        if answer.status_code not in {200, 201}:
            raise RuntimeError(f"{story['external_id']}: {answer.content.decode()}")


def _let_them_talk(site: Site, readers: dict[str, User]) -> None:
    started = clock.now()
    threads = {
        article.external_id: Thread.objects.select_related("site").get(
            pk=article.editions.all()[0].thread_id
        )
        for article in Article.objects.filter(site=site).prefetch_related("editions")
    }
    said: dict[tuple[str, str], Comment] = {}
    for line in demo.conversation():
        with clock.standing_at(started - timedelta(minutes=line["minutes_ago"])):
            said[line["story"], line["key"]] = _say(line, threads, said, readers)
    for line in demo.conversation():
        _follow_up(line, said[line["story"], line["key"]], readers)


def _say(
    line: DemoComment,
    threads: dict[str, Thread],
    said: dict[tuple[str, str], Comment],
    readers: dict[str, User],
) -> Comment:
    author = readers[line["reader"]]
    parent = said[line["story"], line["parent"]] if line["parent"] else None
    comment = lifecycle.post(
        author=author,
        thread=threads[line["story"]],
        body=line["body"],
        parent=parent,
        edition=line["locale"],
    )
    if "edited_body" in line:
        with clock.standing_at(comment.created_at + timedelta(minutes=2)):
            lifecycle.edit(comment.pk, author=author, body=line["edited_body"])
    return comment


def _follow_up(line: DemoComment, comment: Comment, readers: dict[str, User]) -> None:
    """What comes once the talk is there: votes, reactions, reports, a withdrawal."""
    comment.refresh_from_db()
    if comment.is_published:
        for key in line["votes"]["up"]:
            _vote(comment, readers[key], 1)
        for key in line["votes"]["down"]:
            _vote(comment, readers[key], -1)
        for kind, keys_of_readers in line.get("reactions", {}).items():
            for key in keys_of_readers:
                _react(comment, readers[key], kind)
        for report in line["reports"]:
            flags.raise_flag(
                comment=comment,
                actor=readers[report["reader"]],
                reason=report["reason"],
                detail=report["detail"],
            )
    if line["then"] == "withdrawn":
        with clock.standing_at(comment.created_at + timedelta(minutes=30)):
            lifecycle.withdraw(comment.pk, author=readers[line["reader"]])


def _vote(comment: Comment, reader: User, value: int) -> None:
    votes.cast(thread_id=comment.thread_id, comment_id=comment.pk, reader=reader, value=value)


def _react(comment: Comment, reader: User, kind: str) -> None:
    reactions.react(thread_id=comment.thread_id, comment_id=comment.pk, reader=reader, kind=kind)


def _finish_work() -> None:
    """Do here what workers would do next, so that the first page is complete at once."""
    for row in iter(OutboxRow.objects.open().filter(attempts=0).first, None):
        relay.deliver(row.pk)
    while counting.fold():
        pass


def _summary(site: Site, api_key: str) -> Entry:
    article = Article.objects.get(site=site, external_id=SHOWCASE)
    editions = list(article.editions.all())
    moderator = staff.appoint(site=site, email=MODERATOR, role=Role.OWNER, name="Demo moderator")
    person = moderator.membership.user
    return {
        "base_url": settings.PUBLIC_URL,
        "live_url": settings.LIVE_URL,
        "site": {"id": str(site.pk), "api_key": api_key, "sso_secret": _sso_secret(site)},
        "moderator": {
            "email": person.email,
            "password": _new_password(person),
            "totp_secret": staff.enroll_totp(person),
        },
        "reader": {
            "email": READER,
            "password": _new_password(User.objects.get(email=READER)),
        },
        "article": {
            "id": str(article.pk),
            "thread": str(editions[0].thread_id),
            "editions": [{"locale": each.locale, "url": each.url} for each in editions],
        },
    }


def _sso_secret(site: Site) -> str:
    """A new secret to sign readers in with; those of earlier, broken off seedings end."""
    for key in site.sso_keys.live():
        sso_keys.retire(key)
    _key, secret = sso_keys.make_secret(site=site, name="demo")
    return secret


def _new_password(user: User) -> str:
    password = secrets.token_urlsafe(16)
    user.set_password(password)
    user.save(update_fields=["password"])
    return password


def write(path: Path, summary: Entry) -> None:
    """Write `var/demo.json`, readable by its owner only, whole or not at all."""
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.chmod(0o600)
    fresh.write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n")
    fresh.replace(path)
