"""The publisher's own server is asked about a comment; what if it answers, lies, or does not."""

import ast
import base64
import hashlib
import hmac
import json
import logging
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
import time_machine
from django.db import connection

from comments import reasons
from comments.models import Comment, Verdict
from comments.screening import Where, phases
from comments.services import lifecycle
from comments.states import Outcome, Status
from common import breaker, clock
from moderation import consumers
from moderation.models import Case, ListedWord
from outbox.models import OutboxRow
from outbox.services import relay
from publishers.models import Site
from publishers.services import hooks
from publishers.states import Screening, WhenAway
from tests.common.hook_server import (
    dripping,
    hanging,
    hook_server,
    saying,
    ten_megabytes,
)
from tests.factories import (
    ArticleFactory,
    CommentFactory,
    EditionFactory,
    ReaderFactory,
    SiteFactory,
    ThreadFactory,
)

pytestmark = pytest.mark.django_db
BODY = "What a fine bridge this has become."


@pytest.fixture
def server(settings):
    """The publisher's server, which we may call."""
    settings.OUTBOUND_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    with hook_server() as server:
        yield server


@pytest.fixture
def hurried(monkeypatch):
    """Who does not answer is not waited for that long in a test."""
    monkeypatch.setattr("moderation.phases.hook.SECONDS", 0.2)


@pytest.fixture
def site(server):
    return hooked_site(server)


def hooked_site(server, **policy):
    site = SiteFactory.build(
        hook_url=f"{server.url}/new?key=in-the-address",
        **{"screening": Screening.SCREEN_FIRST, **policy},
    )
    hooks.give_secret(site)
    site.save()
    return site


def post(site, body=BODY, **more):
    """Post as a reader does, and have the worker's own phases look at it."""
    more.setdefault("thread", ThreadFactory(site=site))
    comment = lifecycle.post(author=more.pop("author", None) or ReaderFactory(), body=body, **more)
    drain("screen_comment")
    return comment


def drain(task="screen_over_network"):
    """Do what is due for a task, as its worker does."""
    relay.drain(task)


def status(comment):
    return Comment.objects.get(pk=comment.pk).status


def verdicts(comment):
    rows = Verdict.objects.filter(revision__comment=comment)
    return {row.phase: row for row in rows}


def saying_json(answer):
    return saying(200, json.dumps(answer).encode())


def test_the_server_is_told_all_it_needs_and_nothing_of_the_address(server, site):
    article = ArticleFactory(site=site, external_id="bridge")
    english = EditionFactory(article=article, title="The bridge", standfirst="It opened.")
    EditionFactory(article=article, locale="ko", title="다리", standfirst="열렸다")
    author = ReaderFactory(name="Night Owl")
    parent = CommentFactory(thread=english.thread, body="Is it *safe*?")

    comment = post(
        site, thread=english.thread, author=author, parent=parent, edition="ko", body="네, 튼튼해요"
    )
    drain()

    (call,) = server.calls
    said = json.loads(call.body)
    revision = comment.revisions.get()
    assert said == {
        "type": "comment.submitted",
        "id": f"msg_{revision.pk.hex}",
        "sent_at": said["sent_at"],
        "site": {"id": str(site.pk), "name": site.name},
        "thread": str(english.thread_id),
        "article": {
            "external_id": "bridge",
            "title": "다리",
            "url": "https://news.example/ko/bridge",
            "standfirst": "열렸다",
        },
        "comment": {
            "id": str(comment.pk),
            "revision": 1,
            "text": "네, 튼튼해요",
            "language": "ko",
            "edition": "ko",
            "created_at": said["comment"]["created_at"],
        },
        "parent": {"id": str(parent.pk), "text": "Is it *safe*?"},
        "author": {
            "id": str(author.pk),
            "name": "Night Owl",
            "joined_at": said["author"]["joined_at"],
        },
    }
    assert abs(datetime.fromisoformat(said["sent_at"]) - clock.now()) < timedelta(minutes=1)
    assert call.headers["content-type"] == "application/json"
    assert "@" not in call.body.decode()


def test_a_top_level_comment_below_no_article_says_so(server, site):
    post(site)
    drain()

    said = json.loads(server.calls[0].body)
    assert (said["article"], said["parent"]) == (None, None)


def test_the_text_of_a_parent_that_is_gone_is_not_sent(server, site):
    parent = CommentFactory(thread=ThreadFactory(site=site), body="Take this back")
    post(site, thread=parent.thread, parent=parent)
    lifecycle.withdraw(parent.pk, author=parent.author)

    drain()

    assert json.loads(server.calls[0].body)["parent"] == {"id": str(parent.pk), "text": None}


def test_what_its_author_took_back_is_not_sent(server, site):
    comment = post(site)
    lifecycle.withdraw(comment.pk, author=comment.author)

    drain()

    assert server.calls == []
    assert status(comment) == Status.WITHDRAWN
    assert not OutboxRow.objects.open().filter(task="screen_over_network").exists()


def test_what_is_decided_is_not_asked_about_again(server, site):
    comment = post(site)
    drain()

    OutboxRow.objects.update(done_at=None, due_at=clock.now())
    drain("screen_comment")
    drain()

    assert len(server.calls) == 1
    assert status(comment) == Status.PUBLISHED
    assert not OutboxRow.objects.open().filter(task="screen_over_network").exists()


def test_a_site_without_a_hook_asks_nobody(server):
    comment = post(SiteFactory(screening=Screening.SCREEN_FIRST))

    assert not OutboxRow.objects.filter(task="screen_over_network").exists()
    assert status(comment) == Status.PUBLISHED


def test_what_our_own_phases_find_is_not_sent(server, site):
    ListedWord.objects.create(site=site, word="bridge")

    comment = post(site)
    drain()

    assert (status(comment), server.calls) == (Status.HELD, [])


def test_nothing_to_say_publishes(server, site):
    comment = post(site)
    assert status(comment) == Status.SCREENING

    drain()

    rows = Verdict.objects.filter(revision__comment=comment).order_by("pk")
    assert status(comment) == Status.PUBLISHED
    assert [(row.evidence, row.outcome, row.final) for row in rows] == [
        ("length 1, links 1, words 1", Outcome.PASS, False),
        ("repeats 2", Outcome.PASS, False),
        ("hook 1", Outcome.PASS, True),
    ]


@pytest.mark.parametrize(
    ("answer", "status_after", "found"),
    [
        ({"outcome": "pass"}, "published", ("", None, None, "")),
        ({"outcome": "pass", "score": 0.1, "reason": "spam"}, "published", ("", 0.1, None, "")),
        ({"outcome": "hold"}, "held", ("hook", None, None, "")),
        (
            {"outcome": "hold", "reason": "spam", "score": 0.9, "threshold": 0.8},
            "held",
            ("spam", 0.9, 0.8, ""),
        ),
        (
            {"outcome": "reject", "reason": "abuse", "evidence": "가" * 200},
            "rejected",
            ("abuse", None, None, "가" * 200),
        ),
        ({"outcome": "hold", "score": 1, "threshold": 0}, "held", ("hook", 1.0, 0.0, "")),
        ({"outcome": "hold", "reason": None, "evidence": None}, "held", ("hook", None, None, "")),
        ({"outcome": "hold", "model": {"of": "theirs"}}, "held", ("hook", None, None, "")),
    ],
)
def test_the_answer_becomes_a_verdict_and_moves_the_comment(
    server, site, answer, status_after, found
):
    server.answer = saying_json(answer)

    comment = post(site)
    drain()

    row = verdicts(comment)["hook"]
    assert status(comment) == status_after
    assert row.outcome == answer["outcome"]
    assert (row.reason, row.score, row.threshold, row.evidence) == found


def test_under_publish_first_the_answer_takes_a_comment_down(server):
    server.answer = saying_json({"outcome": "hold"})
    comment = post(hooked_site(server, screening=Screening.PUBLISH_FIRST))
    assert status(comment) == Status.PUBLISHED

    drain()

    assert status(comment) == Status.HELD


def test_an_edit_is_asked_about_as_another_delivery(server, site):
    comment = post(site)
    drain()

    lifecycle.edit(comment.pk, author=comment.author, body="On second thought, it is too narrow.")
    drain("screen_comment")
    drain()

    first, second = (json.loads(call.body) for call in server.calls)
    assert (first["comment"]["revision"], second["comment"]["revision"]) == (1, 2)
    assert first["id"] != second["id"]
    assert Comment.objects.get(pk=comment.pk).body == "On second thought, it is too narrow."


GARBAGE = {
    "nothing": saying(200),
    "no json": saying(200, b"<html>It works!</html>"),
    "a list": saying_json([{"outcome": "pass"}]),
    "a word": saying_json("pass"),
    "no outcome": saying_json({}),
    "an unknown outcome": saying_json({"outcome": "publish"}),
    "an outcome in a list": saying_json({"outcome": ["pass"]}),
    "an unknown reason": saying_json({"outcome": "hold", "reason": "because"}),
    "a reason in a list": saying_json({"outcome": "hold", "reason": ["spam"]}),
    "no number": saying(200, b'{"outcome": "hold", "score": NaN}'),
    "an endless number": saying(200, b'{"outcome": "hold", "score": 1e999}'),
    "a number in words": saying_json({"outcome": "hold", "score": "0.5"}),
    "a truth": saying_json({"outcome": "hold", "score": True}),
    "too much": saying_json({"outcome": "hold", "score": 1.01}),
    "below nothing": saying_json({"outcome": "hold", "threshold": -0.01}),
    "a long story": saying_json({"outcome": "hold", "evidence": "x" * 201}),
    "a story in a list": saying_json({"outcome": "hold", "evidence": ["x"]}),
    "a zero byte": saying(200, b'{"outcome": "hold", "evidence": "\\u0000"}'),
    "half a character": saying(200, b'{"outcome": "hold", "evidence": "\\ud800"}'),
    "too deep": saying(200, b"[" * 10_000),
    "no utf-8": saying(200, b'{"outcome": "pass\xff"}'),
    "accepted": saying(202, b'{"outcome": "pass"}'),
}
AWAY = {
    "a fault": (saying(500), "bad_status"),
    "a busy sign": (saying(429), "bad_status"),
    "a redirect": (saying(302, Location="http://169.254.169.254/"), "bad_status"),
    "ten megabytes": (ten_megabytes, "too_large"),
    **{name: (answer, "bad_answer") for name, answer in GARBAGE.items()},
}


@pytest.mark.parametrize("kind", AWAY)
def test_an_answer_that_is_none_is_as_good_as_away(server, kind):
    server.answer, code = AWAY[kind]

    comment = post(hooked_site(server, hook_when_away=WhenAway.HOLD))
    drain()

    row = verdicts(comment)["hook"]
    assert status(comment) == Status.HELD
    assert (row.outcome, row.reason, row.evidence) == (Outcome.HOLD, "hook_away", code)


@pytest.mark.parametrize("slow", [hanging, dripping])
def test_a_server_that_hangs_or_drips_is_away(server, hurried, slow):
    server.answer = slow(server)

    comment = post(hooked_site(server, hook_when_away=WhenAway.PUBLISH))
    drain()

    row = verdicts(comment)["hook"]
    assert status(comment) == Status.PUBLISHED
    assert (row.outcome, row.reason, row.evidence) == (Outcome.PASS, "hook_away", "timed_out")


def test_a_comment_held_because_nobody_answered_has_a_case_and_words_for_its_author(server):
    server.answer = saying(500)
    comment = post(hooked_site(server, hook_when_away=WhenAway.HOLD))
    drain()
    relay.drain("outbox.deliver")

    assert Case.objects.filter(comment=comment, closed_at=None).exists()
    assert "did not answer" in reasons.explain(verdicts(comment)["hook"].reason)["text"]


def test_an_address_that_is_not_public_is_not_called(server, settings):
    settings.OUTBOUND_ALLOWED_NETWORKS = []

    comment = post(hooked_site(server, hook_when_away=WhenAway.HOLD))
    drain()

    assert server.calls == []
    assert verdicts(comment)["hook"].evidence == "blocked_address"


@pytest.mark.parametrize("kind", ["a hang", "a fault"])  # which else is away, is tested above
def test_a_comment_waits_until_the_server_answers_however_long(server, monkeypatch, kind):
    site, answer = hooked_site(server), hanging(server) if kind == "a hang" else AWAY[kind][0]
    with time_machine.travel(clock.now(), tick=False) as travelling, monkeypatch.context() as hurry:
        hurry.setattr("moderation.phases.hook.SECONDS", 0.2)
        hurry.setattr("outbox.services.relay.SLICE_SECONDS", 60)  # all seven in one go
        server.answer = answer
        comments = [post(site, body=f"{BODY} {number}") for number in range(7)]
        drain()
        calls_until_open = len(server.calls)
        for _ in range(9):  # more often than a row that fails is tried
            travelling.shift(timedelta(minutes=6))
            drain()
        waiting = [status(each) for each in comments]
        calls_while_away = len(server.calls) - calls_until_open

    server.released.set()
    server.answer = saying(204)
    with time_machine.travel(clock.now() + timedelta(hours=2), tick=False) as travelling:
        for _ in range(2):  # one is let through, then all
            travelling.shift(timedelta(minutes=1))
            drain()

    assert calls_until_open == breaker.OPENS_AFTER
    assert calls_while_away == 9  # one each time
    assert waiting == [Status.SCREENING] * 7
    assert {status(each) for each in comments} == {Status.PUBLISHED}
    assert not OutboxRow.objects.exclude(set_aside_at=None).exists()


def test_each_try_is_the_same_delivery(server, site):
    server.answer = saying(500)
    with time_machine.travel(clock.now(), tick=False) as travelling:
        post(site)
        for _ in range(3):
            drain()
            travelling.shift(timedelta(seconds=11))

    assert len(server.calls) == 3
    assert len({call.headers["webhook-id"] for call in server.calls}) == 1
    assert len({call.headers["webhook-timestamp"] for call in server.calls}) == 3


def test_one_site_whose_server_hangs_does_not_hold_up_another(server, hurried):
    with hook_server() as hung:
        hung.answer = hanging(hung)
        waiting = hooked_site(hung, hook_when_away=WhenAway.QUEUE)
        stuck = [post(waiting, body=f"{BODY} {number}") for number in range(8)]
        comment = post(hooked_site(server))

        drain()

        assert len(hung.calls) == breaker.OPENS_AFTER
    assert status(comment) == Status.PUBLISHED
    assert {status(each) for each in stuck} == {Status.SCREENING}


@pytest.mark.django_db(transaction=True)
def test_nobody_holds_a_transaction_while_the_server_thinks(server, site):
    held = []

    def answer(handler):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT state FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
            )
            held.extend(cursor.fetchall())
        connection.close()
        saying(204)(handler)

    server.answer = answer
    comment = post(site)
    drain()

    assert (status(comment), held) == (Status.PUBLISHED, [])


def verified(call, secret):
    """What a publisher's server does with a call: docs/hook.md tells the same in words."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{call.headers['webhook-id']}.{call.headers['webhook-timestamp']}.".encode()
    mac = base64.b64encode(hmac.digest(key, signed + call.body, hashlib.sha256)).decode()
    return f"v1,{mac}" in call.headers["webhook-signature"].split(" ")


def test_the_server_can_tell_that_it_is_us(server, site):
    post(site)
    drain()

    (call,) = server.calls
    assert verified(call, site.hook_secret)
    assert not verified(call, "whsec_" + base64.b64encode(b"another").decode())
    assert call.headers["webhook-signature"].count("v1,") == 1


def test_for_a_day_after_a_change_both_secrets_verify(server, site):
    before = site.hook_secret
    now = clock.now()
    with time_machine.travel(now, tick=False) as travelling:
        hooks.change_secret(site)
        after = Site.objects.get(pk=site.pk).hook_secret
        post(site)
        drain()
        travelling.shift(timedelta(hours=24, seconds=1))
        post(site, body=f"{BODY} Again.")
        drain()

    during, later = server.calls
    assert before != after
    assert [verified(during, before), verified(during, after)] == [True, True]
    assert [verified(later, before), verified(later, after)] == [False, True]


@pytest.mark.parametrize("kind", AWAY)
@pytest.mark.parametrize("rule", [WhenAway.QUEUE, WhenAway.HOLD])
def test_no_secret_text_or_path_reaches_a_log_or_a_row(server, caplog, kind, rule):
    caplog.set_level(logging.DEBUG)
    server.answer = AWAY[kind][0]
    site = hooked_site(server, hook_when_away=rule)

    comment = post(site)
    drain()

    faults = list(OutboxRow.objects.values_list("fault", flat=True))
    evidence = verdicts(comment).get("hook")
    kept = "\n".join([caplog.text, *faults, evidence.evidence if evidence else ""])
    for secret in (site.hook_secret, "in-the-address", "/new", "fine bridge"):
        assert secret not in kept


def test_phases_that_ask_other_machines_run_in_a_task_of_their_own():
    """Who imports the way out is a phase of the network, or the breaker around it; and signing in
    by a provider, whom nobody but that reader waits for. A CDN is told in the network's task too.
    """
    root = Path(__file__).resolve().parents[2]
    ways_out = ("common.outbound", "httpx", "httpcore", "urllib.request", "requests", "http.client")
    apps = ("accounts", "articles", "comments", "common", "moderation", "notifications", "outbox")
    found = {
        path.relative_to(root).as_posix()
        for app in (*apps, "publishers")
        for path in (root / app).rglob("*.py")
        if set(ways_out) & set(imported(path))
    }

    found = {path for path in found if not path.startswith("accounts/social/")}
    found -= {"common/cdn.py", "publishers/services/purging.py"}
    assert found == {"common/outbound.py", "common/breaker.py", "moderation/phases/hook.py"}
    assert {each.__module__ for each in phases(Where.NETWORK)} == {"moderation.phases.hook"}
    assert consumers.screen_over_network.__module__ == "moderation.consumers"


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{each.name}" for each in node.names)
