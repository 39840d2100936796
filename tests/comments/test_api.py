"""The comments' API as widgets and apps see it."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.services import tokens
from comments.models import Comment, Vote
from comments.services import counting, lifecycle
from comments.states import Status, ThreadState
from common import clock
from publishers.states import Screening as SitePolicy
from tests.factories import (
    CommentFactory,
    ModeratorFactory,
    ReaderFactory,
    SiteFactory,
    ThreadFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def thread():
    return ThreadFactory()


class Api:
    """The client of one reader of one site."""

    def __init__(self, client, reader, site):
        self.client, self.reader = client, reader
        _, self.token = tokens.issue_reader(user=reader, site=site)

    def send(self, method, path, body=None, **headers):
        return getattr(self.client, method)(
            f"/api/v1{path}",
            json.dumps(body),
            content_type="application/json",
            headers={"authorization": f"Bearer {self.token}", **headers},
        )

    def get(self, path, **asked):
        return self.client.get(
            f"/api/v1{path}", asked, headers={"authorization": f"Bearer {self.token}"}
        )


@pytest.fixture
def reader(client, thread):
    return Api(client, ReaderFactory(), thread.site)


@pytest.fixture
def other(client, thread):
    return Api(client, ReaderFactory(), thread.site)


def page(client, thread, **asked):
    answer = client.get(f"/api/v1/threads/{thread.pk}/comments", asked)
    assert answer.status_code == 200, answer.content
    return answer.json()


def ids(rows):
    return [row["id"] for row in rows]


def fold():
    while counting.fold():
        pass


# -- posting -----------------------------------------------------------------------------------


def test_a_post_is_answered_with_the_comment_and_where_it_stands(reader, thread):
    answer = reader.send("post", f"/threads/{thread.pk}/comments", {"body": "**Well** said."})

    assert answer.status_code == 201
    body = answer.json()
    assert answer["Location"] == f"/api/v1/threads/{thread.pk}/comments/{body['id']}"
    assert body["status"] == "published"
    assert body["body_html"] == "<p><strong>Well</strong> said.</p>"
    assert body["body"] == "**Well** said."
    assert body["author"]["name"] == reader.reader.name
    assert body["reasons"] == []
    assert body["edit_until"] is not None
    assert answer["Cache-Control"] == "no-store"


def test_a_post_that_is_held_says_why(reader, thread):
    body = "https://a.example https://b.example https://c.example"

    answer = reader.send("post", f"/threads/{thread.pk}/comments", {"body": body}).json()

    assert answer["status"] == "held"
    assert [reason["code"] for reason in answer["reasons"]] == ["links"]
    assert answer["reasons"][0]["text"]


def test_a_post_without_signing_in_is_asked_to(client, thread):
    answer = client.post(
        f"/api/v1/threads/{thread.pk}/comments", {"body": "Hello"}, "application/json"
    )

    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")


def test_a_post_with_another_sites_token_is_refused(client, thread):
    stranger = Api(client, ReaderFactory(), SiteFactory())

    answer = stranger.send("post", f"/threads/{thread.pk}/comments", {"body": "Hello"})

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert not Comment.objects.exists()


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/body", "required"),
        ({"body": None}, "/body", "null"),
        ({"body": 7}, "/body", "invalid"),
        ({"body": ["a"]}, "/body", "invalid"),
        ({"body": "x" * 10_001}, "/body", "max_length"),
        ({"body": "a\u0000b"}, "/body", "null_characters_not_allowed"),
        ({"body": "Hello", "status": "published"}, "/status", "unknown_field"),
        ({"body": "Hello", "parent": "x"}, "/parent", "invalid"),
        ({"body": "Hello", "edition": "<script>"}, "/edition", "bad_locale"),
        ({"body": "Hello", "edition": ""}, "/edition", "blank"),
    ],
)
def test_a_field_at_fault_is_named(reader, thread, body, pointer, code):
    answer = reader.send("post", f"/threads/{thread.pk}/comments", body)

    assert answer.status_code == 400
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]


@pytest.mark.parametrize("text", ["", "{", "[1", '{"body": NaN}', "[" * 100_000, '"\\ud800"'])
def test_a_body_that_is_no_json_is_refused(reader, thread, text):
    answer = reader.client.post(
        f"/api/v1/threads/{thread.pk}/comments",
        text,
        content_type="application/json",
        headers={"authorization": f"Bearer {reader.token}"},
    )

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_a_body_of_two_megabytes_is_refused(reader, thread):
    answer = reader.send("post", f"/threads/{thread.pk}/comments", {"body": "x" * 2_000_000})

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_closed_thread_says_so(reader, thread):
    type(thread).objects.update(state=ThreadState.CLOSED)

    answer = reader.send("post", f"/threads/{thread.pk}/comments", {"body": "Hello"})

    assert (answer.status_code, answer.json()["code"]) == (403, "thread_closed")


def test_a_reply_to_a_withdrawn_comment_is_refused(reader, other, thread):
    parent = CommentFactory(thread=thread)
    CommentFactory(parent=parent)
    lifecycle.withdraw(parent.pk, author=parent.author)

    answer = reader.send(
        "post", f"/threads/{thread.pk}/comments", {"body": "Why?", "parent": str(parent.pk)}
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "parent_gone")


@pytest.mark.parametrize("status", [Status.REJECTED, Status.HELD, Status.WITHDRAWN, None])
def test_a_reply_to_a_comment_that_vanished_is_told_no_more_than_that(reader, thread, status):
    parent = CommentFactory(thread=thread, status=status).pk if status else uuid4()

    answer = reader.send(
        "post", f"/threads/{thread.pk}/comments", {"body": "Why?", "parent": str(parent)}
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "parent_gone")


# -- reading -----------------------------------------------------------------------------------


@pytest.mark.parametrize("sort", ["newest", "oldest"])
def test_comments_of_the_same_moment_are_neither_skipped_nor_repeated(client, thread, sort):
    moment = clock.now()
    everything = {str(CommentFactory(thread=thread, created_at=moment).pk) for _ in range(5)}

    first = page(client, thread, sort=sort, limit=3)
    second = page(client, thread, sort=sort, limit=3, cursor=first["next"])

    assert len(first["results"]) + len(second["results"]) == 5
    assert {*ids(first["results"]), *ids(second["results"])} == everything


def test_a_page_carries_the_first_replies_and_a_way_to_more(client, thread):
    root = CommentFactory(thread=thread)
    replies = [CommentFactory(parent=root) for _ in range(5)]

    entry = page(client, thread)["results"][0]
    more = client.get(
        f"/api/v1/threads/{thread.pk}/comments/{root.pk}/replies",
        {"cursor": entry["replies"]["next"]},
    ).json()

    assert ids(entry["replies"]["results"]) == [str(each.pk) for each in replies[:3]]
    assert ids(more["results"]) == [str(each.pk) for each in replies[3:]]
    assert entry["reply_count"] == 5
    assert "replies" not in entry["replies"]["results"][0]


@pytest.mark.parametrize("status", ["screening", "held", "rejected"])
def test_what_is_not_published_is_in_no_public_answer(client, thread, status):
    comment = CommentFactory(thread=thread, status=status)

    assert page(client, thread)["results"] == []
    one = client.get(f"/api/v1/threads/{thread.pk}/comments/{comment.pk}")
    assert one.status_code == 404


@pytest.mark.parametrize("status", ["held", "rejected", "withdrawn", "erased"])
def test_what_goes_leaves_a_tombstone_where_it_has_replies(client, thread, status):
    root = CommentFactory(thread=thread)
    reply = CommentFactory(parent=root)
    lifecycle.move(root.pk, Status(status), actor=None, reason="abuse")

    entry = page(client, thread)["results"][0]

    assert entry["id"] == str(root.pk)
    assert entry["status"] == status
    hidden = {"author", "body_html", "votes", "reactions"}
    assert {name for name in hidden if entry[name] is not None} == set()
    assert root.body not in json.dumps(entry)
    assert root.author.name not in json.dumps(entry)
    assert ids(entry["replies"]["results"]) == [str(reply.pk)]


@pytest.mark.parametrize("status", ["held", "rejected", "withdrawn", "erased"])
def test_what_goes_without_replies_vanishes(client, thread, status):
    comment = CommentFactory(thread=thread)
    lifecycle.move(comment.pk, Status(status), actor=None, reason="abuse")

    assert page(client, thread)["results"] == []


def test_a_tombstone_vanishes_with_its_last_reply(client, thread):
    root = CommentFactory(thread=thread)
    reply = CommentFactory(parent=root)
    lifecycle.withdraw(root.pk, author=root.author)

    lifecycle.withdraw(reply.pk, author=reply.author)
    fold()

    assert page(client, thread)["results"] == []


def test_a_thread_of_another_address_does_not_show_the_comment(client, thread):
    comment = CommentFactory()

    assert client.get(f"/api/v1/threads/{thread.pk}/comments/{comment.pk}").status_code == 404


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"sort": "best-ever"}, "unknown_sort"),
        ({"limit": "0"}, "bad_limit"),
        ({"limit": "101"}, "bad_limit"),
        ({"limit": "ten"}, "bad_limit"),
        ({"limit": "00011000"}, "bad_limit"),  # eleven thousand, by its first digits one
        ({"cursor": "nonsense"}, "bad_cursor"),
        ({"language": "klingon!"}, "bad_language"),
        ({"featured": "perhaps"}, "bad_featured"),
    ],
)
def test_a_page_asked_wrongly_is_refused(client, thread, asked, code):
    answer = client.get(f"/api/v1/threads/{thread.pk}/comments", asked)

    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_cursor_of_another_list_is_refused(client, thread):
    for _ in range(2):
        CommentFactory(thread=thread)
    cursor = page(client, thread, limit=1)["next"]

    answer = client.get(
        f"/api/v1/threads/{thread.pk}/comments", {"cursor": cursor, "sort": "oldest"}
    )

    assert answer.json()["code"] == "bad_cursor"


def test_a_thread_says_what_stands_above_its_comments(client, thread):
    CommentFactory(thread=thread, language="ko")
    CommentFactory(thread=thread, language="en")

    head = client.get(f"/api/v1/threads/{thread.pk}").json()

    assert head["comment_count"] == 2
    assert head["languages"] == {"ko": 1, "en": 1}
    assert head["state"] == "open"
    assert head["sorts"] == ["best", "newest", "oldest", "top", "discussed"]
    assert head["version"] > 0


# -- the author's own --------------------------------------------------------------------------


def overlay(api, thread, *comments):
    wanted = ",".join(str(each.pk) for each in comments)
    answer = api.get(f"/me/threads/{thread.pk}", comments=wanted)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_its_author_sees_what_is_not_published_yet(reader, other, thread):
    type(thread.site).objects.update(screening=SitePolicy.SCREEN_FIRST)
    posted = reader.send("post", f"/threads/{thread.pk}/comments", {"body": "Hello"}).json()

    assert [(own["id"], own["status"]) for own in overlay(reader, thread)["own"]] == [
        (posted["id"], "screening")
    ]
    assert overlay(other, thread)["own"] == []


def test_its_author_reads_the_reason_of_a_rejection(reader, thread):
    comment = CommentFactory(thread=thread, author=reader.reader)
    moderator = ModeratorFactory(site=thread.site)
    lifecycle.move(
        comment.pk, Status.REJECTED, actor=moderator, reason="abuse", note="Be kind to Jo."
    )

    own = overlay(reader, thread)["own"][0]

    assert own["status"] == "rejected"
    assert own["body"] == comment.body
    assert [reason["code"] for reason in own["reasons"]] == ["abuse"]
    assert own["reasons"][0]["text"].endswith("Be kind to Jo.")
    assert moderator.name not in json.dumps(own)


def test_the_overlay_brings_the_readers_own_votes(reader, other, thread):
    comment = CommentFactory(thread=thread)
    reader.send("put", f"/threads/{thread.pk}/comments/{comment.pk}/vote", {"value": -1})

    assert overlay(reader, thread, comment)["votes"] == {str(comment.pk): -1}
    assert overlay(other, thread, comment)["votes"] == {}


def test_a_reader_sees_their_own_edit_and_withdrawal_at_the_next_view(reader, thread):
    edited, withdrawn = (CommentFactory(thread=thread, author=reader.reader) for _ in range(2))
    reader.send("patch", f"/threads/{thread.pk}/comments/{edited.pk}", {"body": "Better."})
    reader.send("delete", f"/threads/{thread.pk}/comments/{withdrawn.pk}")

    own = {each["id"]: each for each in overlay(reader, thread)["own"]}

    assert own[str(edited.pk)]["body_html"] == "<p>Better.</p>"
    assert own[str(withdrawn.pk)]["status"] == "withdrawn"


@pytest.mark.parametrize(
    ("window", "age", "there"), [(0, 59, 1), (0, 61, 0), (300, 299, 1), (300, 301, 0)]
)
def test_published_comments_stay_in_the_overlay_while_new_or_editable(
    reader, thread, window, age, there
):
    type(thread.site).objects.update(edit_window_seconds=window)
    with clock.standing_at(clock.now() - timedelta(seconds=age)):
        lifecycle.post(author=reader.reader, thread=thread, body="Some time ago.")

    assert len(overlay(reader, thread)["own"]) == there


def test_the_overlay_takes_a_hundred_ids(reader, thread):
    many = ",".join(["01a20144-eae2-7260-8274-3bff030ce246"] * 101)

    answer = reader.get(f"/me/threads/{thread.pk}", comments=many)

    assert answer.status_code == 400


# -- changing ----------------------------------------------------------------------------------


def test_its_author_edits_a_comment(reader, client, thread):
    comment = CommentFactory(thread=thread, author=reader.reader)

    answer = reader.send("patch", f"/threads/{thread.pk}/comments/{comment.pk}", {"body": "New."})

    assert answer.status_code == 200
    assert answer.json()["edited_at"] is not None
    assert page(client, thread)["results"][0]["body_html"] == "<p>New.</p>"


def test_nobody_else_edits_or_withdraws_it(other, thread):
    comment = CommentFactory(thread=thread)
    path = f"/threads/{thread.pk}/comments/{comment.pk}"

    for answer in (other.send("patch", path, {"body": "Mine now."}), other.send("delete", path)):
        assert (answer.status_code, answer.json()["code"]) == (403, "not_yours")


def test_what_one_may_not_know_of_is_not_found(other, thread):
    comment = CommentFactory(thread=thread, status=Status.HELD)
    path = f"/threads/{thread.pk}/comments/{comment.pk}"

    for answer in (
        other.send("patch", path, {"body": "Mine now."}),
        other.send("delete", path),
        other.send("put", f"{path}/vote", {"value": 1}),
        other.send("put", f"{path}/flag", {"reason": "spam"}),
    ):
        assert answer.status_code == 404


def test_an_edit_that_started_from_an_older_text_is_refused(reader, client, thread):
    comment = CommentFactory(thread=thread, author=reader.reader)
    path = f"/threads/{thread.pk}/comments/{comment.pk}"
    public = client.get(f"/api/v1{path}")["ETag"]
    first = reader.send("patch", path, {"body": "First."}, **{"if-match": public})

    late = reader.send("patch", path, {"body": "Late."}, **{"if-match": public})
    right = reader.send("patch", path, {"body": "Right."}, **{"if-match": first["ETag"]})

    assert (first.status_code, late.status_code, right.status_code) == (200, 412, 200)
    assert late.json()["code"] == "changed_meanwhile"


def test_its_author_withdraws_a_comment_for_good(reader, client, thread):
    comment = CommentFactory(thread=thread, author=reader.reader)
    path = f"/threads/{thread.pk}/comments/{comment.pk}"

    first, again = reader.send("delete", path), reader.send("delete", path)

    assert (first.status_code, again.status_code) == (204, 204)
    assert page(client, thread)["results"] == []


def test_a_vote_is_counted_and_taken_back(reader, client, thread):
    comment = CommentFactory(thread=thread)
    path = f"/threads/{thread.pk}/comments/{comment.pk}/vote"

    for value, votes in ((1, {"up": 1, "down": 0}), (-1, {"up": 0, "down": 1})):
        assert reader.send("put", path, {"value": value}).json() == {"value": value}
        fold()
        assert page(client, thread)["results"][0]["votes"] == votes
    reader.send("put", path, {"value": 0})
    assert not Vote.objects.exists()


@pytest.mark.parametrize("value", [2, "1.5", None, True, "up"])
def test_a_vote_that_is_none_is_refused(reader, thread, value):
    comment = CommentFactory(thread=thread)

    answer = reader.send(
        "put", f"/threads/{thread.pk}/comments/{comment.pk}/vote", {"value": value}
    )

    assert answer.status_code == 400


def test_a_preview_is_the_html_a_post_would_get_and_stores_nothing(reader, thread):
    text = "*Look* <script>alert(1)</script> https://news.example"

    preview = reader.send("post", "/render", {"body": text}).json()["body_html"]

    assert not Comment.objects.exists()
    posted = reader.send("post", f"/threads/{thread.pk}/comments", {"body": text}).json()
    assert preview == posted["body_html"]
    assert "<script" not in preview


def test_a_body_of_countless_unknown_fields_gets_a_short_answer(reader, thread):
    body = {f"field{n}": 1 for n in range(20_000)}

    answer = reader.send("post", f"/threads/{thread.pk}/comments", body)

    assert answer.status_code == 400
    assert len(answer.json()["errors"]) <= 21
