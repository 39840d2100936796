"""Articles, comments and votes of a forum's dump become a site with its conversations.

Files are read as streams and stored in batches, each one transaction; ids follow from the rows,
so what was stored before is known again. In memory stays one small `Place` for each comment.
"""

import gzip
import hashlib
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import orjson
from django.db import transaction

from accounts.services.stand_ins import stand_ins
from articles.api.serializers import ArticleInput
from articles.models import Article, Edition
from articles.services import publishing
from articles.states import CommentsSwitch
from comments import markup
from comments.services import counting, loading
from comments.services.loading import OldComment, OldVote, Place
from common.errors import Refusal
from common.ids import id_at
from operations.progress import Meter
from publishers.models import Site
from publishers.services import sites

FILES = ("articles.jsonl.gz", "comments.jsonl.gz", "votes.jsonl.gz")
LOCALE = "en"
ARTICLES_AT_ONCE = 50
COMMENTS_AT_ONCE = 500
VOTES_AT_ONCE = 1_000
#: A prime: voters of a comment are drawn from the pool in a stride of its own, none twice.
VOTERS = 499
VALUES = {"up": 1, "down": -1}
VOTES_WITHOUT_A_HOME = {
    "accepted": "readers' comments have no mark for an accepted answer",
    "spam": "reports need a reporter and a moderator",
    "offensive": "reports need a reporter and a moderator",
}
NOT_A_COMMENT = "votes are on comments; articles have none"
UNREADABLE = "nothing to read in it, or in what it answers"
MAILBOX = re.compile(r"[a-z0-9-]{1,40}")

Row = dict[str, Any]


class BadInput(ValueError):
    """A file is missing, or a line is not what it should be."""


@dataclass
class Report:
    """What became of the rows: how many were loaded, were there before, were skipped and why."""

    site: Site
    loaded: Counter[str] = field(default_factory=Counter)
    present: Counter[str] = field(default_factory=Counter)
    skipped: Counter[tuple[str, str]] = field(default_factory=Counter)
    by_placeholder: int = 0
    seconds: float = 0.0

    def as_json(self) -> Row:
        skipped = [
            {"kind": kind, "why": why, "count": count}
            for (kind, why), count in sorted(self.skipped.items())
        ]
        return {
            "site": {"id": str(self.site.pk), "name": self.site.name},
            "loaded": dict(self.loaded),
            "present": dict(self.present),
            "skipped": skipped,
            "comments_by_placeholder_author": self.by_placeholder,
            "seconds": round(self.seconds, 1),
        }


def load(folder: Path, *, site: Site | None, meter: Meter) -> Report:
    """Load a folder's three files into `site`, or into one named after the rows' own.

    May be stopped at any moment and run again: whole batches stay, the rest follows. Raises
    BadInput.
    """
    begun = time.monotonic()
    for name in FILES:
        if not (folder / name).is_file():
            raise BadInput(f"There is no {name} in {folder}.")
    loader = _Loader(folder, site, meter)
    report = loader.run()
    report.seconds = time.monotonic() - begun
    return report


class _Loader:
    """One run: where each row of the files has its place."""

    def __init__(self, folder: Path, site: Site | None, meter: Meter) -> None:
        self.folder, self.meter = folder, meter
        self.source = _first_site(folder)
        self.report = Report(site or _site_named(self.source, folder))
        self.site = self.report.site
        self.origins = {row.origin for row in self.site.origins.all()}
        self.threads: dict[str, tuple[UUID, str]] = {}  # by article: thread, URL
        self.places: dict[str, Place] = {}
        self.accounts: dict[str, UUID] = {}
        self.votes_of: Counter[str] = Counter()

    def run(self) -> Report:
        self._each_batch("articles", ARTICLES_AT_ONCE, self._articles)
        self._each_batch("comments", COMMENTS_AT_ONCE, self._comments)
        self._each_batch("votes", VOTES_AT_ONCE, self._votes)
        return self.report

    def _each_batch(self, what: str, size: int, store: Callable[[list[Row]], None]) -> None:
        path = self.folder / f"{what}.jsonl.gz"
        self.meter.begin(what, path.stat().st_size)
        batch: list[Row] = []
        for row, reached in _rows(path):
            batch.append(row)
            if len(batch) == size:
                self._store(what, batch, store)
                self.meter.reach(reached)
                batch = []
        self._store(what, batch, store)
        self.meter.reach(path.stat().st_size)

    def _store(self, what: str, batch: list[Row], store: Callable[[list[Row]], None]) -> None:
        try:
            store(batch)
        except (KeyError, TypeError, ValueError) as fault:
            raise BadInput(f"{what}.jsonl.gz: a row is not as expected: {fault!r}") from fault
        while counting.fold():
            pass

    def _articles(self, rows: list[Row]) -> None:
        ids = [row["id"] for row in rows]
        known = Article.objects.filter(site=self.site, external_id__in=ids)
        present = set(known.values_list("external_id", flat=True))
        with transaction.atomic():
            for row in rows:
                self._article(row, present)
        editions = Edition.objects.filter(article__site=self.site, article__external_id__in=ids)
        for external_id, thread, url in editions.values_list(
            "article__external_id", "thread", "url"
        ):
            self.threads[external_id] = thread, url

    def _article(self, row: Row, present: set[str]) -> None:
        if row["id"] in present:
            self.report.present["articles"] += 1
        elif row["site"] != self.source:
            self.report.skipped["articles", f"not of {self.source}"] += 1
        elif fault := self._publish(row):
            self.report.skipped["articles", fault] += 1
        else:
            self.report.loaded["articles"] += 1

    def _publish(self, row: Row) -> str | None:
        """Send an article in, as a publisher's server would; gives what was refused."""
        page = urlsplit(row["url"])
        origin = f"{page.scheme}://{page.netloc}".lower()
        if origin not in self.origins:
            self.site.origins.create(origin=origin)
            self.origins.add(origin)
        wanted = ArticleInput(data=_story(row), context={"external_id": row["id"]})
        if not wanted.is_valid():
            return f"refused: {', '.join(wanted.errors)}"
        try:
            publishing.put(site=self.site, external_id=row["id"], story=wanted.validated_data)
        except Refusal as refusal:
            return "refused: " + (", ".join(error.code for error in refusal.errors) or refusal.code)
        return None

    def _comments(self, rows: list[Row]) -> None:
        self._provide({self._author_of(row): str(row.get("author") or "") for row in rows})
        old = [comment for row in rows if (comment := self._old_comment(row))]
        stored, unreadable = loading.store_comments(old)
        self.report.loaded["comments"] += stored
        self.report.present["comments"] += len(old) - stored - len(unreadable)
        if unreadable:
            gone = {each.place.id for each in unreadable}
            self.places = {key: at for key, at in self.places.items() if at.id not in gone}
            self.report.skipped["comments", UNREADABLE] += len(unreadable)

    def _old_comment(self, row: Row) -> OldComment | None:
        fault = self._fault_of(row)
        if fault:
            self.report.skipped["comments", fault] += 1
            return None
        thread, url = self.threads[row["article"]]
        created_at = _moment(row["created"])
        key = id_at(created_at, seed=f"{self.site.pk} {self.source} {row['id']}")
        if row["parent"]:
            place = loading.place_below(self.places[row["parent"]], id=key, created_at=created_at)
        else:
            place = Place(key, thread, created_at)
        self.places[row["id"]] = place
        self.report.by_placeholder += not row.get("author_id")
        return OldComment(
            place=place,
            author_id=self.accounts[self._author_of(row)],
            edition=LOCALE,
            body=markup.to_markdown(row["html"], base=url) if row.get("html") else row["text"],
            edited_at=_moment(row["edited"]) if row.get("edited") else None,
        )

    def _fault_of(self, row: Row) -> str | None:
        """Why a comment cannot be loaded."""
        if row["article"] not in self.threads:
            return "its article was not loaded"
        if row["id"] in self.places:
            return "its id occurs twice"
        if row["parent"] and row["parent"] not in self.places:
            return "the comment it answers is not before it"
        if (
            row["parent"]
            and self.places[row["parent"]].thread_id != self.threads[row["article"]][0]
        ):
            return "the comment it answers is on another article"
        return None

    def _votes(self, rows: list[Row]) -> None:
        counted = [(row, voter) for row in rows if (voter := self._voter_of(row))]
        self._provide({voter: voter.split("@")[0] for _, voter in counted})
        old = [
            OldVote(
                place=self.places[row["post"]],
                reader_id=self.accounts[voter],
                value=VALUES[row["kind"]],
                created_at=_moment(row["day"]),
            )
            for row, voter in counted
        ]
        stored = Counter(each.value for each in loading.store_votes(old))
        for kind, value in VALUES.items():
            every = sum(each.value == value for each in old)
            self.report.loaded[f"{kind} votes"] += stored[value]
            self.report.present[f"{kind} votes"] += every - stored[value]

    def _voter_of(self, row: Row) -> str | None:
        """The made-up voter of a vote on a comment: always the same for the same files."""
        post, kind = row["post"], row["kind"]
        if post in self.threads:
            self.report.skipped[f"{kind} votes on articles", NOT_A_COMMENT] += 1
        elif kind not in VALUES:
            why = VOTES_WITHOUT_A_HOME.get(kind, "not a kind of vote we know")
            self.report.skipped[f"{kind} votes on comments", why] += 1
        elif post not in self.places:
            self.report.skipped[f"{kind} votes", "their comment was not loaded"] += 1
        else:
            round_, turn = divmod(self.votes_of[post], VOTERS)
            self.votes_of[post] += 1
            drawn = int.from_bytes(hashlib.blake2b(post.encode(), digest_size=8).digest())
            start, stride = drawn % VOTERS, 1 + (drawn // VOTERS) % (VOTERS - 1)
            return self._address("voter", str(round_ * VOTERS + (start + turn * stride) % VOTERS))
        return None

    def _author_of(self, row: Row) -> str:
        author_id = row.get("author_id")
        return self._address("author", author_id) if author_id else self._address("author", "")

    def _address(self, role: str, key: str) -> str:
        """An e-mail address that leads nowhere, always the same for the same person."""
        source = re.sub(r"[^a-z0-9.-]", "-", self.source.lower())
        if key and not MAILBOX.fullmatch(key):
            key = hashlib.blake2b(key.encode(), digest_size=16).hexdigest()
        return f"{role}-{key or 'unknown'}@{source}.invalid"

    def _provide(self, wanted: dict[str, str]) -> None:
        missing = {email: name for email, name in wanted.items() if email not in self.accounts}
        if self._address("author", "") in missing:
            missing[self._address("author", "")] = "Unknown author"
        if missing:
            self.accounts |= stand_ins(missing)


def _rows(path: Path) -> Iterator[tuple[Row, int]]:
    """Each line of a file, with how many of its bytes were read. Raises BadInput."""
    with path.open("rb") as raw, gzip.open(raw) as lines:
        number = 0
        try:
            for number, line in enumerate(lines, 1):  # noqa: B007  (named in the sentence below)
                yield orjson.loads(line), raw.tell()
        except (OSError, EOFError, ValueError) as fault:
            raise BadInput(f"{path.name}, near line {number}: {fault}") from fault


def _first_site(folder: Path) -> str:
    """The site that the first article names."""
    for row, _ in _rows(folder / FILES[0]):
        return str(row["site"])
    raise BadInput(f"{FILES[0]} is empty.")


def _site_named(name: str, folder: Path) -> Site:
    """The site of this name, made if there is none."""
    found = Site.objects.filter(name=name).order_by("created_at").first()
    if found is None:
        found, _ = sites.create(name=name, origins=[], default_locale=LOCALE)
    return found


def _story(row: Row) -> Row:
    """An article's row as the body of `PUT /publisher/articles/{external_id}`."""
    return {
        "authors": [row["author"]] if row.get("author") else [],
        "published_at": _moment(row["created"]).isoformat(),
        "comments": (CommentsSwitch.CLOSED if row.get("closed") else CommentsSwitch.OPEN).value,
        "editions": [
            {
                "locale": LOCALE,
                "url": row["url"],
                "title": row["title"],
                "sections": [{"heading": "", "body": markup.to_plain(row["html"]) or row["title"]}],
            }
        ],
    }


def _moment(text: str) -> datetime:
    """A moment or a day as the rows have it: without a zone, UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
