"""`export_site` and `import_comments --from colloquy`: a site leaves and comes back the same."""

import gzip
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import ForeignKey
from django.test.utils import CaptureQueriesContext

from accounts.mailboxes import digest_of
from accounts.models import Placeholder
from accounts.services import placeholders
from comments.models import Comment, Reaction, Thread, Vote
from comments.services import counting, lifecycle, votes
from comments.states import Status
from moderation.services import decisions, flags
from moderation.states import Ruling
from operations import reconciling
from operations.moving import exporting, restoring
from operations.moving.kept import KEPT, LEFT_OUT
from publishers.models import Site
from tests.factories import (
    ArticleFactory,
    CommentFactory,
    EditionFactory,
    ModeratorFactory,
    ReaderFactory,
    SiteFactory,
    UserFactory,
)
from tests.operations.moving import exports

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def site(tmp_path):
    """One on which everything happened that an export keeps."""
    site = SiteFactory(name="News", origins=["https://news.example", "https://m.news.example"])
    edition = EditionFactory(
        article=ArticleFactory(site=site), url="https://news.example/en/harbour"
    )
    edition.related_links.create(position=0, url="https://news.example/b", title="B")
    thread = edition.thread
    author, reader = ReaderFactory(name="Ada", email="ada@mail.example"), UserFactory()
    comment = lifecycle.post(author=author, thread=thread, body="A *fine* harbour.")
    reply = lifecycle.post(author=reader, thread=thread, body="Not so sure.", parent=comment)
    lifecycle.edit(comment.pk, author=author, body="A *very* fine harbour.")
    votes.cast(thread_id=thread.pk, comment_id=comment.pk, reader=reader, value=1)
    Reaction.objects.create(comment=reply, reader=author, kind="insightful")
    flags.raise_flag(comment=reply, actor=author, reason="spam")
    moderator = ModeratorFactory(site=site)
    decisions.decide(
        case_id=reply.cases.get().pk, actor=moderator, ruling=Ruling.REJECT, reason="spam"
    )
    lifecycle.withdraw(comment.pk, author=author)
    site.listed_words.create(word="watches")
    call_command(
        "import_comments", "--from", "isso", str(exports.isso(tmp_path)),
        "--base", "https://news.example", stdout=StringIO(),
    )  # fmt: skip
    while counting.fold():
        pass
    return site


def export(site: Site, file: Path) -> bytes:
    call_command("export_site", str(file), "--site", str(site.pk), stdout=StringIO())
    return file.read_bytes()


def restore(file: Path, *options: str) -> dict[str, Any]:
    out = StringIO()
    call_command("import_comments", "--from", "colloquy", str(file), *options, "--json", stdout=out)
    return json.loads(out.getvalue())


def empty_the_database() -> None:
    """As a fresh install is: all tables but those of migrations."""
    call_command("flush", interactive=False, verbosity=0)


def test_a_site_that_left_and_came_back_leaves_the_same_bytes(site, tmp_path):
    first = export(site, tmp_path / "a.ndjson")
    empty_the_database()

    restore(tmp_path / "a.ndjson")

    assert export(Site.objects.get(), tmp_path / "b.ndjson") == first
    assert reconciling.differences() == []
    kinds = {json.loads(line)["line"] for line in first.splitlines()}
    assert {
        "vote",
        "reaction",
        "revision",
        "decision",
        "flag",
        "status_change",
        "carried_votes",
    } <= kinds


def test_people_are_looked_for_once_however_many_there_are(site, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "AT_ONCE", 1)

    with CaptureQueriesContext(connection) as queries:
        text = export(site, tmp_path / "a.ndjson")

    people = sum(json.loads(line)["line"] == "person" for line in text.splitlines())
    looks = [query for query in queries if "UNION" in query["sql"]]
    assert (people > 3, len(looks)) == (True, 1)


def test_every_comment_is_shown_as_before(site, tmp_path):
    fields = (
        "id",
        "body_html",
        "status",
        "up_count",
        "down_count",
        "reply_count",
        "flag_count",
        "reactions",
    )
    before = list(Comment.objects.order_by("id").values_list(*fields))
    export(site, tmp_path / "a.ndjson.gz")
    empty_the_database()

    restore(tmp_path / "a.ndjson.gz")

    assert list(Comment.objects.order_by("id").values_list(*fields)) == before


def test_a_restore_that_was_stopped_goes_on_and_a_second_adds_nothing(site, tmp_path, monkeypatch):
    first = export(site, tmp_path / "a.ndjson")
    empty_the_database()
    monkeypatch.setattr(restoring, "AT_ONCE", 2)
    monkeypatch.setattr(restoring._Restorer, "store", _stop_after(restoring._Restorer.store, 8))
    with pytest.raises(CommandError, match="Interrupted"):
        restore(tmp_path / "a.ndjson")
    monkeypatch.undo()

    restore(tmp_path / "a.ndjson")
    again = restore(tmp_path / "a.ndjson")

    assert export(Site.objects.get(), tmp_path / "b.ndjson") == first
    assert set(again["imported"].values()) == {0}
    assert reconciling.differences() == []


def _stop_after(store: Any, calls: int) -> Any:
    left = [calls]

    def stopping(self: Any, *arguments: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        store(self, *arguments)

    return stopping


def test_a_dry_run_counts_and_stores_nothing(site, tmp_path):
    export(site, tmp_path / "a.ndjson")
    empty_the_database()

    report = restore(tmp_path / "a.ndjson", "--dry-run")

    assert report["imported"]["comment"] == report["found"]["comment"] > 0
    assert not Site.objects.exists()
    assert not Comment.objects.exists()


def test_readers_who_moved_can_claim_what_they_wrote(site, tmp_path):
    text = export(site, tmp_path / "a.ndjson")
    assert b"mail.example" not in text
    empty_the_database()

    restore(tmp_path / "a.ndjson")

    stand_in = Placeholder.objects.get(user__name="Ada", source="colloquy")
    assert stand_in.digest == digest_of("ada@mail.example")
    ada = ReaderFactory(email="ada@mail.example")
    assert stand_in in placeholders.claimable_by(ada)


def test_no_html_of_the_file_is_believed(site, tmp_path):
    export(site, tmp_path / "a.ndjson")
    lines = (tmp_path / "a.ndjson").read_text().replace("Not so sure.", "<img src=x onerror=y>")
    (tmp_path / "a.ndjson").write_text(lines)
    empty_the_database()

    restore(tmp_path / "a.ndjson")

    assert not Comment.objects.filter(body_html__contains="<img").exists()
    assert Comment.objects.filter(body_html__contains="&lt;img").exists()


def replaced(old: bytes, new: bytes) -> Any:
    return lambda lines: [line.replace(old, new) for line in lines]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda lines: lines[:-1], "is not whole"),
        (lambda lines: lines[:3] + lines[-1:], "is not whole"),
        (lambda lines: lines[1:], "was not written by export_site"),
        (lambda lines: [], "is not whole"),
        (lambda lines: [*lines[:2], b"{}", *lines[2:]], "is not expected here"),
        (replaced(b'"version":1', b'"version":9'), "another version"),
        (replaced(b'"state":"open"', b'"state":"ajar"'), "is not sound"),
        (replaced(b'"url":"https:', b'"url":"javascript:'), "is not sound"),
        (replaced(b'"depth"', b'"deepness"'), "other fields"),
    ],
)
def test_a_file_that_is_not_ours_ends_in_one_sentence(site, tmp_path, change, sentence):
    file = tmp_path / "a.ndjson"
    lines = export(site, file).splitlines()
    file.write_bytes(b"\n".join(change(lines)))
    empty_the_database()

    with pytest.raises(CommandError, match=sentence):
        restore(file)


def test_an_export_has_its_name_once_it_is_whole_and_is_nobody_elses_to_read(site, tmp_path):
    file = tmp_path / "out" / "a.ndjson.gz"
    with pytest.raises(CommandError, match="Nothing was exported"):
        export(site, file)
    file.parent.mkdir()

    export(site, file)

    assert file.stat().st_mode & 0o077 == 0
    assert [each.name for each in file.parent.iterdir()] == [file.name]
    assert gzip.decompress(file.read_bytes()).endswith(b"\n")


def test_another_sites_rows_stay(site, tmp_path):
    other = CommentFactory(body="Elsewhere, entirely.")

    text = export(site, tmp_path / "a.ndjson").decode()

    assert str(other.pk) not in text
    assert other.body not in text


def test_an_export_costs_a_query_for_each_table(site, tmp_path, django_assert_max_num_queries):
    thread = Thread.objects.get()
    for _ in range(5):
        comment = CommentFactory(thread=thread, status=Status.PUBLISHED)
        Vote.objects.create(comment=comment, reader=UserFactory(), value=1)

    with django_assert_max_num_queries(len(KEPT) + 12):
        export(site, tmp_path / "a.ndjson")


def test_every_table_of_a_site_is_kept_or_left_out_with_a_reason():
    """A new model hangs on a site sooner or later: say in `kept.py` what an export does with it."""
    ours = {
        model
        for model in apps.get_models()
        if not model.__module__.startswith(("django", "allauth"))
    }
    of_a_site = {Site}
    while more := {each for each in ours - of_a_site if _refers_to(each, of_a_site)}:
        of_a_site |= more
    named = {kept.model._meta.label for kept in KEPT} | set(LEFT_OUT)

    assert {model._meta.label for model in of_a_site} - named == set()


def _refers_to(model: Any, others: set[Any]) -> bool:
    return any(
        isinstance(field, ForeignKey) and field.related_model in others
        for field in model._meta.fields
    )


def test_a_comment_is_written_after_what_it_answers(site, tmp_path):
    lines = export(site, tmp_path / "a.ndjson").splitlines()
    seen: set[Any] = {None}
    for row in map(json.loads, lines):
        if row["line"] == "comment":
            assert row["parent_id"] in seen
            seen.add(row["id"])
    assert len(seen) > 3
    assert connection.vendor == "postgresql"
