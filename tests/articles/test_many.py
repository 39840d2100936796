"""A back catalogue comes many stories at a time, and what is wrong with one stands alone."""

import gzip
import json
import threading
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from articles import selectors
from articles.api import lines
from articles.models import Article, Edition, PageAddress, RelatedLink
from comments.models import Thread
from tests.articles.sending import PAGES, edition, story
from tests.factories import SiteFactory

pytestmark = pytest.mark.django_db

NDJSON = "application/x-ndjson"


def line(external_id, *editions, **fields):
    editions = editions or (edition("en", external_id), edition("ko", external_id))
    return {"external_id": external_id, **story(*editions, **fields)}


def as_lines(stories):
    return "\n".join(each if isinstance(each, str) else json.dumps(each) for each in stories)


@pytest.fixture
def send_all(send):
    def call(stories, kind=NDJSON, **how):
        return send("POST", "articles", as_lines(stories), kind=kind, **how)

    return call


def numbered(*stories):
    return [(number, json.dumps(each)) for number, each in enumerate(stories, 1)]


def sums(answer):
    said = answer.json()
    return said["created"], said["updated"], said["unchanged"], len(said["refused"])


def test_many_stories_come_as_each_would_alone(send_all):
    related = [{"external_id": "b"}]
    a = line(
        "a",
        edition("en", "a", related=related, alternates={"amp": f"{PAGES}/amp/a"}),
        edition("ko", "a"),
        section="Harbour",
    )

    answer = send_all([a, line("b", section="Harbour"), line("c", split_threads=True)])

    assert (answer.status_code, sums(answer)) == (200, (3, 0, 0, 0))
    assert Thread.objects.count() == 4
    assert set(Article.objects.values_list("section__name", flat=True)) == {"Harbour", None}
    assert RelatedLink.objects.get().external_id == "b"
    assert PageAddress.objects.get().url == f"{PAGES}/amp/a"
    assert len(selectors.ids_named("story")) == 3


def test_the_same_lines_again_change_nothing_and_a_changed_one_is_changed(send_all):
    stories = [line("a", published_at="2026-11-20T06:00:00Z"), line("b")]
    send_all(stories)

    again = send_all(stories)
    changed = send_all([line("a", topics=["ferries"]), line("b"), line("c")])

    assert sums(again) == (0, 0, 2, 0)
    assert sums(changed) == (1, 1, 1, 0)


def test_each_refused_line_is_named_and_the_others_are_stored(send_all, put):
    put(story(edition("en", "taken")), external_id="first")

    answer = send_all(
        [
            line("a"),
            "{",
            "",
            line("b", comments="maybe"),
            line("a", edition("en", "x")),
            line("c", edition("en", "taken")),
            line("d", edition("en", "a")),
            {"editions": []},
            "[1]",
            line("e", edition("en", "é")),
            '{"external_id": "f", "editions": [{"title": "\\ud800"}]}',
        ]
    )

    told = [
        (each["line"], each["external_id"], each["code"], {e["code"] for e in each["errors"]})
        for each in answer.json()["refused"]
    ]
    assert told == [
        (2, None, "malformed_json", set()),
        (4, "b", "invalid_input", {"invalid_choice"}),
        (5, "a", "invalid_input", {"id_twice"}),
        (6, "c", "invalid_input", {"url_taken"}),
        (7, "d", "invalid_input", {"url_taken"}),
        (8, None, "invalid_input", {"required", "empty"}),
        (9, None, "invalid_input", {"invalid"}),
        (11, None, "malformed_json", set()),
    ]
    assert set(Article.objects.values_list("external_id", flat=True)) == {"first", "a", "e"}


@pytest.mark.parametrize("body", ["{}\n" * 501, "x" * 4_194_305], ids=["lines", "bytes"])
def test_a_body_has_an_end(send, body):
    answer = send("POST", "articles", body, kind=NDJSON)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_lines")


def test_an_address_may_pass_from_one_line_to_the_next(send_all):
    send_all([line("a", edition("en", "one")), line("b", edition("en", "two"))])

    answer = send_all([line("a", edition("en", "three")), line("b", edition("en", "one"))])

    assert sums(answer) == (0, 2, 0, 0)
    assert Edition.objects.at(f"{PAGES}/en/one").get().article.external_id == "b"
    assert Edition.objects.at(f"{PAGES}/en/two").get().article.external_id == "b"


def test_an_idempotency_key_is_the_sites_own(client, send_all, site):
    neighbour = SiteFactory(origins=["https://else.example"])
    stories = [line("a")]
    first = send_all(stories, once="k")
    send_all([line("b")])

    again = send_all(stories, once="k")
    elsewhere = send_all(
        [line("a", {**edition("en"), "url": "https://else.example/a"})],
        site=neighbour,
        once="k",
    )

    assert again["Idempotency-Replayed"] == "true"
    assert again.content == first.content
    assert sums(elsewhere) == (1, 0, 0, 0)


def test_stories_for_the_first_time_take_the_same_queries_however_many(send_all):
    def taken(stories):
        with CaptureQueriesContext(connection) as queries:
            assert send_all(stories).status_code == 200
        return len(queries)

    taken([line("warm")])

    assert taken([line("a")]) == taken([line(f"b{number}") for number in range(30)])


@pytest.mark.django_db(transaction=True)
def test_what_somebody_else_sends_at_the_same_moment_costs_only_its_own_line(site):
    told = []

    def send_both():
        try:
            told.append(lines.send(site, numbered(line("b"), line("a"))))
        finally:
            connection.close()

    late = threading.Thread(target=send_both)
    with transaction.atomic():
        lines.send(site, numbered(line("a")))
        late.start()
        late.join(timeout=0.5)  # it waits for the row that is not committed
    late.join(timeout=20)

    [sent] = told
    assert (sent.created, sent.unchanged, sent.refused) == (1, 1, [])


# -- the command -----------------------------------------------------------------------------------
def backfill(path, site):
    said = StringIO()
    call_command("backfill_articles", path, site=site.name, json=True, stdout=said)
    return json.loads(said.getvalue())


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_file_is_stored_and_may_come_again(tmp_path, site, pack):
    path = tmp_path / "catalogue"
    path.write_bytes(pack(as_lines(line(f"a{number}") for number in range(300)).encode()))

    first, again = backfill(path, site), backfill(path, site)

    assert (first["created"], first["refused"]) == (300, [])
    assert (again["created"], again["unchanged"]) == (0, 300)


def test_a_file_with_refused_lines_ends_with_a_word_about_them(tmp_path, site):
    path = tmp_path / "catalogue"
    path.write_bytes(as_lines([line("a"), "{"]).encode() + b'\n{"external_id": "\xff"}')
    said = StringIO()

    with pytest.raises(CommandError, match="Refused: 2"):
        call_command("backfill_articles", path, site=site.name, stdout=said)

    assert "1 new" in said.getvalue()
    assert "line 2 (?): malformed_json" in said.getvalue()


@pytest.mark.parametrize("content", [None, b"\x1f\x8bnot gzip"])
def test_a_file_that_cannot_be_read_ends_in_a_sentence(tmp_path, site, content):
    path = tmp_path / "catalogue"
    if content:
        path.write_bytes(content)

    with pytest.raises(CommandError, match="catalogue"):
        backfill(path, site)
