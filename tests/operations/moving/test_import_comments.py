"""`import_comments`: what a site has after it, however often and however far it ran."""

import gzip
import json
import tempfile
from io import StringIO
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.mailboxes import digest_of
from accounts.models import Placeholder, User
from articles.models import Edition, PageAddress
from articles.urlkeys import url_key
from comments.models import CarriedVotes, Comment, Provenance, Revision, Verdict
from comments.services import counting, lifecycle
from comments.states import Status
from moderation.models import Case
from notifications.models import Notice
from operations import reconciling
from operations.moving import importing
from operations.moving.pages import Pages
from operations.moving.source import Source
from outbox.models import OutboxRow
from tests.factories import ArticleFactory, EditionFactory, ReaderFactory, SiteFactory
from tests.operations.moving import exports
from tests.operations.test_load_threads import Stop

pytestmark = pytest.mark.django_db
#: A recount begins a transaction of its own.
recounted = pytest.mark.django_db(transaction=True)


@pytest.fixture
def edition():
    """The page that all exports are about."""
    site = SiteFactory(name="News", origins=["https://news.example"])
    article = ArticleFactory(site=site, external_id="harbour-story")
    return EditionFactory(article=article, url="https://news.example/en/harbour")


def run(system: str, file: Path, *options: str) -> str:
    out = StringIO()
    call_command("import_comments", "--from", system, str(file), *options, stdout=out)
    return out.getvalue()


def report(system: str, file: Path, *options: str) -> dict[str, Any]:
    return json.loads(run(system, file, *options, "--json"))


def state() -> list[Any]:
    """All that a run leaves."""
    comments = Comment.objects.order_by("id").values_list(
        *("id", "parent", "root", "depth", "author__email", "author__name", "body_html", "status"),
        *("created_at", "edited_at", "published_at", "reply_count", "up_count", "down_count"),
        *("provenance__source_id", "thread", "thread__comment_count"),
    )
    others = (Revision, Verdict, CarriedVotes, Placeholder, Case, User)
    return [*comments, *(model.objects.count() for model in others)]


def by_source_id() -> dict[str, Comment]:
    rows = Provenance.objects.select_related("comment__parent__provenance", "comment__author")
    return {row.source_id: row.comment for row in rows}


def test_parents_times_states_and_texts_arrive(edition, tmp_path):
    run("disqus", exports.disqus(tmp_path))

    found = by_source_id()
    assert {key: (each.status, each.parent and each.parent.provenance.source_id) for key, each in
            found.items()} == {
        "1": ("published", None),
        "2": ("published", "1"),
        "3": ("rejected", None),
        "4": ("withdrawn", None),
        "5": ("published", "4"),
        "8": ("published", None),
    }  # fmt: skip
    assert found["1"].created_at.isoformat() == "2020-05-01T10:00:00+00:00"
    assert found["1"].body == "A **fine** harbour, see [the map](https://news.example/map)."
    assert "<em>so</em>" in found["2"].body_html
    assert {each.thread_id for each in found.values()} == {edition.thread_id}


def test_what_was_skipped_or_changed_is_listed_with_why(edition, tmp_path):
    found = report("disqus", exports.disqus(tmp_path))

    assert found["imported"] == {"published": 4, "rejected": 1, "withdrawn": 1}
    assert [(each["what"], each["id"], each["why"]) for each in found["rows"]] == [
        ("changed", "8", "what it answers is not among them: it stands by itself"),
        ("skipped", "7", "its time cannot be read"),
        ("skipped", "6", "there is no article at https://news.example/gone"),
    ]


def test_the_words_say_the_same(edition, tmp_path):
    words = run("disqus", exports.disqus(tmp_path))

    assert "4 published imported" in words
    assert "1 skipped: its time cannot be read (7)" in words


@recounted
def test_counts_are_right_and_nobody_is_told(edition, tmp_path):
    run("isso", exports.isso(tmp_path), "--base", "https://news.example")

    assert reconciling.differences() == []
    edition.thread.refresh_from_db()
    assert edition.thread.comment_count == 3
    first = by_source_id()["1"]
    assert (first.reply_count, first.up_count, first.down_count) == (1, 3, 1)
    assert not OutboxRow.objects.exists()
    assert not Notice.objects.exists()


def test_what_waited_for_a_moderator_waits_for_one_here(edition, tmp_path):
    run("wordpress", exports.wordpress(tmp_path))

    held = Comment.objects.get(status=Status.HELD)
    assert Case.objects.get().comment == held
    [verdict] = Verdict.objects.filter(revision__comment=held)
    assert (verdict.outcome, verdict.reason, verdict.final) == ("hold", "held_elsewhere", True)
    assert lifecycle.move(held.pk, Status.PUBLISHED, actor=None).status == Status.PUBLISHED


def test_line_ends_of_wordpress_are_meant(edition, tmp_path):
    run("wordpress", exports.wordpress(tmp_path))

    assert by_source_id()["7 0"].body == "A fine **harbour**.\nTruly.\n\nAnd so on."


def test_what_was_taken_away_leaves_a_place_without_words_or_author(edition, tmp_path):
    run("disqus", exports.disqus(tmp_path))

    gone = by_source_id()["4"]
    assert (gone.body, gone.author.name) == ("", "Unknown author")
    assert Comment.objects.shown().contains(gone)
    assert not User.objects.filter(name="Cy").exists()


@recounted
def test_a_second_run_adds_nothing(edition, tmp_path):
    run("disqus", exports.disqus(tmp_path))
    once = state()

    again = report("disqus", exports.disqus(tmp_path))

    assert state() == once
    assert (again["imported"], again["present"]) == ({}, 6)
    assert reconciling.differences() == []


@recounted
@pytest.mark.parametrize("batches", [1, 2])
def test_a_run_that_was_stopped_goes_on(edition, tmp_path, monkeypatch, batches):
    file, site = exports.disqus(tmp_path), edition.article.site
    monkeypatch.setattr(importing, "AT_ONCE", 2)
    with (
        pytest.raises(KeyboardInterrupt),
        importing.bring_in("disqus", Source(file, Halts(batches)), site=site, pages=Pages(site)),
    ):
        pass
    assert Comment.objects.count() == 2 * batches
    assert reconciling.differences() == []

    run("disqus", file)

    stopped = state()
    assert Comment.objects.count() == 6
    assert reconciling.differences() == []
    assert {key: each.reply_count for key, each in by_source_id().items() if each.reply_count} == {
        "1": 1,
        "4": 1,
    }
    run("disqus", file)
    assert state() == stopped


class Halts(Stop):
    """Interrupts once so many batches are stored."""

    def __init__(self, batches: int) -> None:
        super().__init__(after=batches)
        self.what = ""

    def begin(self, what: str, total: int) -> None:
        self.what = what

    def reach(self, done: int) -> None:
        if self.what == "storing":
            super().reach(done)


def test_live_comments_are_left_alone(edition, tmp_path):
    thread = edition.thread
    live = lifecycle.post(author=ReaderFactory(), thread=thread, body="I am here.")
    counting.fold()
    run("disqus", exports.disqus(tmp_path))
    lifecycle.move(by_source_id()["1"].pk, Status.REJECTED, actor=None, reason="other")

    run("disqus", exports.disqus(tmp_path))

    live.refresh_from_db()
    assert (live.body, live.status) == ("I am here.", "published")
    assert by_source_id()["1"].status == "rejected"


def test_a_dry_run_says_the_same_and_stores_nothing(edition, tmp_path):
    rehearsed = report("disqus", exports.disqus(tmp_path), "--dry-run")
    assert not Comment.objects.exists()
    assert not Placeholder.objects.exists()

    real = report("disqus", exports.disqus(tmp_path))

    same = ("imported", "present", "rows", "votes")
    assert [rehearsed[each] for each in same] == [real[each] for each in same]


def test_nothing_of_a_broken_file_is_stored(edition, tmp_path):
    file = exports.disqus(tmp_path)
    file.write_bytes(file.read_bytes()[:-100])

    with pytest.raises(CommandError, match="is not whole"):
        run("disqus", file)

    assert not Comment.objects.exists()


def test_pages_are_found_by_a_map_or_the_publishers_id(edition, tmp_path):
    moved = tmp_path / "moved.csv"
    moved.write_text("https://news.example/gone,harbour-story\n")
    text = exports.DISQUS.replace("<id>harbour</id>", "<id>harbour-story</id>").replace(
        "http://news.example/en/harbour/?utm_source=feed", "https://old.example/1"
    )

    found = report("disqus", exports.disqus(tmp_path, text), "--map", str(moved))

    assert found["imported"]["published"] == 5


def test_a_page_is_found_at_an_address_it_had_before(edition, tmp_path):
    PageAddress.objects.create(edition=edition, url=edition.url, url_key=edition.url_key)
    url = "https://news.example/harbour"
    Edition.objects.filter(pk=edition.pk).update(url=url, url_key=url_key(url))

    run("disqus", exports.disqus(tmp_path))

    assert {each.thread_id for each in by_source_id().values()} == {edition.thread_id}


def test_the_page_that_stands_at_an_address_wins_over_one_that_stood_there(edition, tmp_path):
    other = EditionFactory(article__site=edition.article.site)
    PageAddress.objects.create(edition=other, url=edition.url, url_key=edition.url_key)

    run("disqus", exports.disqus(tmp_path))

    assert {each.thread_id for each in by_source_id().values()} == {edition.thread_id}


def test_authors_can_be_known_by_the_digest_of_their_address_alone(edition, tmp_path):
    run("disqus", exports.disqus(tmp_path))

    bo = Placeholder.objects.get(digest=digest_of("bo@mail.example"))
    assert bo.user.name == "Bo"
    assert not bo.user.has_usable_password()
    assert bo.user.mail_address == ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_user WHERE email ~ 'mail.example'")
        assert cursor.fetchone() == (0,)


def test_talk_that_answers_itself_in_a_circle_is_laid_out(edition, tmp_path):
    rows = [
        {**json.loads(line), "pid": pid}
        for line, pid in zip(_remark42_lines(tmp_path)[1:3], ("2", "1"), strict=True)
    ]
    file = tmp_path / "circle.json"
    file.write_text("\n".join(json.dumps(row) for row in [{"version": 1}, *rows]))

    found = report("remark42", file)

    assert found["imported"] == {"published": 2}
    assert {each.depth for each in by_source_id().values()} == {0}
    assert len(found["rows"]) == 2


def test_what_nobody_can_read_keeps_its_place(edition, tmp_path):
    text = (
        dedent(exports.DISQUS)
        .replace("<p>A <b>fine</b> harbour, see ", "<!--")
        .replace('<a href="/map">the map</a>.</p>', "-->")
    )

    found = report("disqus", exports.disqus(tmp_path, text))

    assert {"what": "changed", "id": "1", "why": importing.NO_WORDS} in found["rows"]
    assert by_source_id()["1"].status == "withdrawn"
    assert by_source_id()["2"].parent == by_source_id()["1"]


def test_a_batch_costs_the_same_however_many_it_holds(edition, tmp_path):
    """Twenty-odd statements for a batch of five hundred."""
    file = tmp_path / "many.json"
    start, first, *_rest = _remark42_lines(tmp_path)
    rows = [json.loads(first) | {"id": str(number), "pid": ""} for number in range(300)]
    file.write_text("\n".join([start, *map(json.dumps, rows)]))

    with CaptureQueriesContext(
        connection,
    ) as few:
        run("remark42", exports.remark42(tmp_path))
    with CaptureQueriesContext(connection) as many:
        run("remark42", file)

    assert len(many) <= len(few) + 3


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--site", "Elsewhere"], "There is no site Elsewhere"),
        (["--base", "news"], "--base is an address"),
        (["--map", "nowhere.csv"], "nowhere.csv cannot be read"),
    ],
)
def test_wrong_options_are_told_in_a_sentence(edition, tmp_path, options, sentence):
    with pytest.raises(CommandError, match=sentence):
        run("disqus", exports.disqus(tmp_path), *options)


def test_where_there_are_several_sites_one_has_to_be_named(edition, tmp_path):
    SiteFactory()

    with pytest.raises(CommandError, match="Say which site"):
        run("disqus", exports.disqus(tmp_path))


def test_nothing_is_left_in_the_folder_for_temporary_files(edition, tmp_path, monkeypatch):
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))

    run("disqus", exports.disqus(tmp_path))

    assert list(scratch.iterdir()) == []


def _remark42_lines(folder: Path) -> list[str]:
    return gzip.decompress(exports.remark42(folder).read_bytes()).decode().splitlines()
