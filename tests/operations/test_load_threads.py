"""`load_threads`: what a forum's dump becomes, however often and however far it was loaded.

The rows that name their authors are from the Beer site of the Stack Exchange data dump, shortened
and rearranged; the addresses are with the articles. Licence: CC BY-SA 3.0. Other rows are ours.
"""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from articles.models import Article, Edition
from comments.models import Comment, Revision, Tally, Thread, Verdict, Vote
from comments.services import loading
from operations import loading as dumps
from operations.progress import Meter
from outbox.models import OutboxRow
from publishers.models import Site
from tests.factories import SiteFactory

pytestmark = pytest.mark.django_db

SITE = "beer.stackexchange.com"
ARTICLES = [
    {
        "id": "q1",
        "site": SITE,
        "created": "2014-01-21T20:26:05.383",
        "title": "What is a citra hop, and how does it differ from other hops?",
        "html": "<p>What are citra hops?</p>\n\n<p>Why should I care?</p>\n",
        "author_id": "7",
        "author": "Tom Medley",
        "url": "https://beer.stackexchange.com/q/1",
        "closed": None,
    },
    {
        "id": "q3",
        "site": SITE,
        "created": "2014-01-21T20:31:00.000",
        "title": "How is reduced alcoholic beer made?",
        "html": "<p>How is low/no alcohol beer made?</p>\n",
        "author_id": "7",
        "author": "Tom Medley",
        "url": "https://beer.stackexchange.com/q/3",
        "closed": "2014-01-23T07:21:14.470",
    },
]
COMMENTS = [
    {
        "id": "a4",
        "article": "q1",
        "parent": None,
        "created": "2014-01-21T20:31:18.540",
        "edited": "2014-01-21T21:36:38.133",
        "html": '<p>Citra is a <em>registered</em> trademark: see <a href="/wiki">wiki</a></p>',
        "author_id": "12",
        "author": "nhaarman",
    },
    {
        "id": "c1",
        "article": "q1",
        "parent": "a4",
        "created": "2014-01-21T20:34:28.740",
        "text": "This is a matter of taste I guess.",
        "author_id": "10",
        "author": "DaGardner",
    },
    {
        "id": "c2",
        "article": "q3",
        "parent": None,
        "created": "2014-01-21T20:44:28.383",
        "text": "One way is to boil it off.",
        "author_id": None,
        "author": "user1",
    },
    {
        "id": "c3",
        "article": "q3",
        "parent": None,
        "created": "2014-01-21T20:45:28.383",
        "text": "It is all about the yeast.",
        "author_id": None,
        "author": "user2",
    },
]
VOTES = [
    *({"post": "a4", "kind": "up", "day": f"2014-01-2{day}"} for day in range(1, 6)),
    {"post": "a4", "kind": "down", "day": "2014-01-26"},
    {"post": "c2", "kind": "down", "day": "2014-01-26"},
    {"post": "a4", "kind": "accepted", "day": "2014-01-22"},
    {"post": "q1", "kind": "up", "day": "2014-01-22"},
    {"post": "q1", "kind": "down", "day": "2014-01-22"},
]


class Silent:
    """A meter nobody looks at."""

    def begin(self, what: str, total: int) -> None: ...

    def reach(self, done: int) -> None: ...


class Stop(Silent):
    """Interrupts the run once so many batches are done, as Ctrl-C would."""

    def __init__(self, *, after: int) -> None:
        self.left = after

    def reach(self, done: int) -> None:
        self.left -= 1
        if self.left <= 0:
            raise KeyboardInterrupt


def write(folder: Path, name: str, rows: list[dict[str, Any]]) -> None:
    with gzip.open(folder / f"{name}.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    write(tmp_path, "articles", ARTICLES)
    write(tmp_path, "comments", COMMENTS)
    write(tmp_path, "votes", VOTES)
    return tmp_path


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ARTICLES_AT_ONCE", "COMMENTS_AT_ONCE", "VOTES_AT_ONCE"):
        monkeypatch.setattr(dumps, name, 2)


def load(dump: Path, *, site: Site | None = None, meter: Meter | None = None) -> dict[str, Any]:
    return dumps.load(dump, site=site, meter=meter or Silent()).as_json()


def state() -> list[Any]:
    """All that a run leaves, but for what names the run."""
    comments = Comment.objects.order_by("created_at").values_list(
        "parent__body",
        "author__email",
        "body_html",
        "status",
        "created_at",
        "edited_at",
        "up_count",
        "down_count",
        "reply_count",
    )
    return [
        list(comments),
        sorted(Vote.objects.values_list("comment__body", "reader__email", "value", "created_at")),
        sorted(Thread.objects.values_list("comment_count", "editions__url", "state")),
    ]


def test_rows_become_articles_with_threads(dump):
    load(dump)

    site = Site.objects.get(name=SITE)
    edition = Edition.objects.get(article__site=site, article__external_id="q1")
    assert [row.origin for row in site.origins.all()] == ["https://beer.stackexchange.com"]
    assert edition.sections == [
        {"heading": "", "body": "What are citra hops?\n\nWhy should I care?"}
    ]
    assert edition.thread.comment_count == 2
    assert edition.article.published_at == datetime(2014, 1, 21, 20, 26, 5, 383_000, tzinfo=UTC)


def test_a_closed_question_is_a_closed_thread(dump):
    load(dump)

    assert Article.objects.get(external_id="q3").comments == "closed"


def test_comments_keep_text_time_and_place(dump):
    load(dump)

    first, reply = Comment.objects.order_by("created_at")[:2]
    assert first.body == (
        "Citra is a *registered* trademark: see [wiki](https://beer.stackexchange.com/wiki)"
    )
    assert "<em>registered</em>" in first.body_html
    assert first.created_at == datetime(2014, 1, 21, 20, 31, 18, 540_000, tzinfo=UTC)
    assert first.edited_at == datetime(2014, 1, 21, 21, 36, 38, 133_000, tzinfo=UTC)
    assert (reply.parent, reply.root, reply.depth, first.reply_count) == (first, first, 1, 1)


def test_an_id_tells_when_its_comment_was_written(dump):
    load(dump)

    by_id = Comment.objects.order_by("id")
    assert list(by_id) == list(Comment.objects.order_by("created_at"))
    assert {each.pk.version for each in by_id} == {7}


def test_every_comment_is_published_with_one_final_verdict_and_nobody_is_told(dump):
    load(dump)

    assert set(Comment.objects.values_list("status", flat=True)) == {"published"}
    assert Revision.objects.count() == len(COMMENTS)
    assert set(Verdict.objects.values_list("phase", "final")) == {(loading.PHASE, True)}
    assert set(OutboxRow.objects.values_list("task", flat=True)) == {"articles.relate"}


def test_comments_without_an_author_have_one_placeholder(dump):
    report = load(dump)

    rows = Comment.objects.filter(thread__editions__article__external_id="q3")
    authors = {each.author for each in rows}
    assert [author.name for author in authors] == ["Unknown author"]
    assert report["comments_by_placeholder_author"] == 2


def test_nobody_can_sign_in_as_somebody_loaded(dump):
    load(dump)

    for author in {each.author for each in Comment.objects.all()}:
        assert not author.has_usable_password()
        assert author.email.endswith("@beer.stackexchange.com.invalid")


def test_votes_on_comments_are_cast_by_readers_of_their_own(dump):
    load(dump)

    comment = Comment.objects.order_by("created_at")[0]
    votes = Vote.objects.filter(comment=comment)
    assert (comment.up_count, comment.down_count) == (5, 1)
    assert votes.values("reader").distinct().count() == 6
    assert not votes.filter(reader=comment.author).exists()
    assert min(votes.values_list("created_at", flat=True)).date().isoformat() == "2014-01-21"


def test_what_has_no_place_here_is_counted_with_the_reason(dump):
    skipped = {row["kind"]: row["count"] for row in load(dump)["skipped"]}

    assert skipped == {
        "accepted votes on comments": 1,
        "down votes on articles": 1,
        "up votes on articles": 1,
    }


def test_a_second_run_adds_nothing(dump):
    first = load(dump)
    before = state()

    second = load(dump)

    assert first["loaded"] == {"articles": 2, "comments": 4, "up votes": 5, "down votes": 2}
    assert second["present"] == first["loaded"]
    assert not any(second["loaded"].values())
    assert state() == before


@pytest.mark.parametrize("batches", range(1, 8))
def test_an_interrupted_run_is_completed_by_the_next(dump, small_batches, batches):
    with transaction.atomic():
        load(dump)
        whole = state()
        transaction.set_rollback(True)
    with pytest.raises(KeyboardInterrupt):
        load(dump, meter=Stop(after=batches))

    load(dump)

    assert state() == whole
    assert not Tally.objects.exists()


def test_a_reply_to_something_unreadable_is_left_out_with_it(dump):
    rows = [{**COMMENTS[0], "html": "<p> </p>"}, COMMENTS[1]]
    write(dump, "comments", rows)

    report = load(dump)

    assert not Comment.objects.exists()
    assert {row["kind"]: row["count"] for row in report["skipped"]}["comments"] == 2


def test_a_site_may_be_given(dump):
    site = SiteFactory(name="Our archive")

    load(dump, site=site)

    assert Article.objects.filter(site=site).count() == 2
    assert not Site.objects.filter(name=SITE).exists()


def test_the_report_is_json_when_asked(dump, capsys):
    call_command("load_threads", str(dump), "--json")

    assert json.loads(capsys.readouterr().out)["loaded"]["comments"] == 4


def test_a_folder_without_the_files_is_refused(tmp_path):
    with pytest.raises(CommandError, match=r"There is no articles\.jsonl\.gz"):
        call_command("load_threads", str(tmp_path))


def test_a_broken_file_is_named_with_its_line(dump):
    with gzip.open(dump / "comments.jsonl.gz", "at") as file:
        file.write("{broken\n")

    with pytest.raises(CommandError, match=r"comments\.jsonl\.gz, near line 5"):
        call_command("load_threads", str(dump))
