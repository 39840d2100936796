"""Each thing we lean on away or hanging, asked of a real web process over lines of our own.

docs/operations.md, "When something is away", names these tests beside what they show.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client

from accounts.models import User
from accounts.services import handover, tokens
from comments.models import Comment
from operations.development import PROJECT
from operations.ports import free_port
from operations.processes import dying_with
from tests.accounts.people import ORIGIN, VERIFIER
from tests.cables import Cable, MailServer
from tests.factories import ReaderFactory, SiteFactory, ThreadFactory
from tests.install import eventually
from tests.operations import hasty
from tests.routes import ROUTES

pytestmark = pytest.mark.django_db(transaction=True)

#: A statement that is not answered is given up, whoever comes next hears it at once.
LONGEST_WAIT = 1.5 + hasty.DATABASE_SECONDS


class Web:
    """One web process with a line to each server, and a mail server."""

    def __init__(self) -> None:
        database = connection.settings_dict
        login = f"{database['USER']}:{database['PASSWORD']}"
        place = f"{database['HOST']}:{database['PORT']}/{database['NAME']}"
        urls = {
            "database": f"postgresql://{login}@{place}",
            "broker": settings.CELERY_BROKER_URL,
            "cache": settings.CACHES["default"]["LOCATION"],
        }
        self.lines = {name: Cable(url) for name, url in urls.items()}
        self.mail = MailServer()
        port = free_port()
        self.base_url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"),
                *("--port", str(port), "--workers", "1", "--blocking-threads", "4"),
                *("--log-level", "error", "config.wsgi:application"),
            ],
            cwd=PROJECT,
            env={
                **os.environ,
                **{f"{n.upper()}_URL": line.url(urls[n]) for n, line in self.lines.items()},
                "DJANGO_SETTINGS_MODULE": "tests.operations.hasty",
                "EMAIL_URL": f"smtp://127.0.0.1:{self.mail.port}",
                "PORT": str(port),
                "SECRET_KEY": settings.SECRET_KEY,
            },
            preexec_fn=dying_with(os.getpid(), signal.SIGKILL),
        )
        self.http = httpx.Client(base_url=self.base_url, timeout=20)
        eventually(lambda: self.status("/readyz") == 200, within=60, what="ready")

    def injured(self, line: str, how: str) -> AbstractContextManager[None]:
        cable = self.lines[line]
        return cable.cut() if how == "refusing" else cable.hanging()

    def status(self, path: str) -> int:
        try:
            return self.http.get(path).status_code
        except httpx.TransportError:
            return 0

    def end(self) -> None:
        self.http.close()
        for line in self.lines.values():
            line.flows.set()
            line.end()
        self.mail.end()
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture(scope="module")
def web(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Web]:
    with django_db_blocker.unblock():
        web = Web()
    yield web
    web.end()


class Reader:
    """Somebody at that process: a token for a site, and a cookie for our own pages."""

    def __init__(self, web: Web) -> None:
        self.web = web
        self.site = SiteFactory(origins=[ORIGIN])
        self.thread = ThreadFactory(site=self.site)
        self.user = ReaderFactory(password="a long enough one")
        _, token = tokens.issue_reader(user=self.user, site=self.site)
        self.bearer = {"Authorization": f"Bearer {token}"}
        browser = Client()
        browser.force_login(self.user)
        self.cookie = {"Cookie": f"sessionid={browser.cookies['sessionid'].value}"}
        self.posts = f"/api/v1/threads/{self.thread.pk}/comments"

    def post(self, text: str, **headers: str) -> httpx.Response:
        return self.web.http.post(
            self.posts, json={"body": text}, headers={**self.bearer, **headers}
        )

    def read(self) -> httpx.Response:
        return self.web.http.get(self.posts)

    def page(self, path: str = "/accounts/") -> httpx.Response:
        return self.web.http.get(path, headers=self.cookie)


@pytest.fixture
def reader(web: Web) -> Reader:
    reader = Reader(web)
    eventually(lambda: is_sent_a_code(reader), within=8, what="all well")
    assert reader.post("While all is well.").status_code == 201
    return reader


both = pytest.mark.parametrize("how", ["refusing", "hanging"])


# -- the database ----------------------------------------------------------------------------
@both
def test_without_the_database_every_answer_is_503_soon_and_all_is_well_again_in_5_s(
    web, reader, how
):
    with web.injured("database", how):
        begun = time.monotonic()
        answers = {
            "public": reader.read(),
            "post": reader.post("Is anybody there?", Origin=ORIGIN),
            "profile": web.http.get("/api/v1/me", headers=reader.bearer),
            "page": reader.page(),
            "app": web.http.get("/_allauth/browser/v1/auth/session", headers=reader.cookie),
            "window": web.http.get(signin_window(reader)),
        }
        took = time.monotonic() - begun
        # Its answer is kept for a second.
        eventually(lambda: web.http.get("/readyz").status_code == 503, within=5, what="not ready")
        assert web.http.get("/healthz").status_code == 200
    back = time.monotonic()
    eventually(lambda: reader.read().status_code == 200, within=5, what="reading")
    assert reader.post("Here again.").status_code == 201

    assert {answer.status_code for answer in answers.values()} == {503}
    assert all(answer.headers["Retry-After"] for answer in answers.values())
    assert took < LONGEST_WAIT, "the first waits; nobody after it"
    for kind in ("public", "post", "profile"):
        assert answers[kind].headers["Content-Type"] == "application/problem+json"
        assert answers[kind].json()["code"] == "unavailable"
        assert answers[kind].headers["Access-Control-Allow-Origin"] == "*"
    assert answers["app"].json()["errors"][0]["code"] == "unavailable"
    assert "Back in a moment" in answers["page"].text
    assert time.monotonic() - back < 5
    bodies = Comment.objects.order_by("created_at").values_list("revisions__body", flat=True)
    assert list(bodies) == ["While all is well.", "Here again."]


def test_without_the_database_no_endpoint_answers_500(web, reader):
    paths = {route.address(dict.fromkeys(route.ids, uuid4())) for route in ROUTES}
    token = {**reader.bearer, "Content-Type": "application/json"}
    with web.injured("database", "refusing"):
        wrong = [
            (method, path)
            for path in sorted(paths)
            for method, headers in (("GET", reader.cookie), ("POST", token))
            if web.http.request(method, path, headers=headers).status_code == 500
        ]

    assert len(paths) > 60
    assert wrong == []


def test_a_page_says_it_in_the_language_of_the_browser(web, reader):
    with web.injured("database", "refusing"):
        page = web.http.get("/accounts/", headers={**reader.cookie, "Accept-Language": "ko"})

    assert page.status_code == 503
    assert 'lang="ko"' in page.text


def test_a_connection_cut_in_between_costs_nobody_an_answer(web, reader):
    for _ in range(8):  # whichever thread answers
        assert reader.read().status_code == 200
    web.lines["database"].drop()

    assert {reader.read().status_code for _ in range(8)} == {200}


# -- cache and broker ------------------------------------------------------------------------
@both
def test_without_the_cache_reading_and_posting_go_on_and_signing_in_closes(web, reader, how):
    with web.injured("cache", how):
        begun = time.monotonic()
        done = [reader.read(), reader.post("No cache."), reader.page(), reader.post("None at all.")]
        took = time.monotonic() - begun
        begun = time.monotonic()
        by_window = ask_for_a_code(reader)
        by_page = sign_in_by_password(web, reader)
        by_app = web.http.post(
            "/_allauth/app/v1/auth/code/request", json={"email": "a@mail.example"}
        )
        refused_in = time.monotonic() - begun
    eventually(lambda: is_sent_a_code(reader), within=5, what="a code sent")

    assert [answer.status_code for answer in done] == [200, 201, 200, 201]
    assert took < 2, "one wait for a cache that hangs, not one for each call"
    refusals = [by_window, by_page, by_app]
    assert [answer.status_code for answer in refusals] == [503, 503, 503]
    assert all(answer.headers["Retry-After"] for answer in refusals)
    assert "We cannot do this right now." in by_window.text
    assert by_app.json()["errors"][0]["code"] == "unavailable"
    assert refused_in < 2


@both
def test_without_the_broker_posting_goes_on_as_quickly(web, reader, how):
    with web.injured("broker", how):
        begun = time.monotonic()
        statuses = {reader.post(f"Number {number}.").status_code for number in range(3)}
        took = time.monotonic() - begun
        assert reader.read().status_code == 200

    assert statuses == {201}
    assert took < 1
    assert Comment.objects.count() == 4


@both
def test_without_both_valkeys_reading_and_posting_go_on(web, reader, how):
    with web.injured("broker", how), web.injured("cache", how):
        begun = time.monotonic()
        answers = [reader.read(), reader.post("Alone."), reader.page()]

    assert [answer.status_code for answer in answers] == [200, 201, 200]
    assert time.monotonic() - begun < 2


# -- mail ------------------------------------------------------------------------------------
MOODS = {
    "hanging": (None, b"CONNECT"),
    "busy": (b"421 come back later", b"CONNECT"),
    "later": (b"451 not now", b"RCPT"),
    "never": (b"550 nobody here", b"RCPT"),
}


@pytest.mark.parametrize("mood", MOODS)
def test_without_mail_asking_for_a_code_is_a_sentence_and_can_be_repeated_at_once(
    web, reader, mood
):
    with web.mail.saying(*MOODS[mood]):
        begun = time.monotonic()
        known = ask_for_a_code(reader, reader.user.email)
        unknown = ask_for_a_code(reader, "nobody@mail.example")
        by_app = web.http.post(
            "/_allauth/app/v1/auth/code/request", json={"email": reader.user.email}
        )
        by_page = on_a_page(web, "/accounts/login/code/", {"email": reader.user.email})
        repeated = [ask_for_a_code(reader, reader.user.email).status_code for _ in range(4)]
        took = time.monotonic() - begun
        assert reader.post("Who needs mail?").status_code == 201
    eventually(lambda: is_sent_a_code(reader), within=6, what="a code sent")

    assert [answer.status_code for answer in (known, unknown, by_app, by_page)] == [503] * 4
    assert "We could not send the e-mail." in known.text
    assert reader.user.email in known.text, "what was typed is kept"
    assert without(known.text, reader.user.email) == without(unknown.text, "nobody@mail.example")
    assert "We could not send the e-mail." in by_page.text
    assert repeated == [503] * 4, "not 'too many tries'"
    assert took < 7, "one wait for a server that hangs, not one for each"


def test_a_sign_up_whose_mail_did_not_go_out_leaves_no_account(web, reader):
    new = {"email": "new@mail.example"}
    with web.mail.saying(b"421 come back later"):
        refused = web.http.post("/_allauth/app/v1/auth/signup", json=new)
        left = User.objects.filter(**new).count() + EmailAddress.objects.filter(**new).count()
    again = web.http.post("/_allauth/app/v1/auth/signup", json=new)

    assert (refused.status_code, left) == (503, 0)
    assert again.status_code == 401, "verify the address"
    assert "verify_email" in [flow["id"] for flow in again.json()["data"]["flows"]]


# -- requests that are none --------------------------------------------------------------------
def test_a_host_that_is_not_ours_is_a_problem_below_the_api(web, reader):
    refused = web.http.get("/api/v1/me", headers={"Host": "elsewhere.example"})

    assert refused.status_code == 400
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["code"] == "bad_request"


# -- what is promised --------------------------------------------------------------------------
def test_each_test_that_operators_are_pointed_to_exists():
    section = Path(PROJECT, "docs", "operations.md").read_text()
    named = set(re.findall(r"`(test_\w+)`", section))
    tests = "".join(path.read_text() for path in Path(PROJECT, "tests").rglob("test_*.py"))

    assert len(named) > 10
    assert {name for name in named if f"def {name}(" not in tests} == set()


# -- how people ask ----------------------------------------------------------------------------
def signin_window(reader: Reader) -> str:
    challenge = handover.challenge_of(VERIFIER)
    asked = {"site": str(reader.site.pk), "origin": ORIGIN, "challenge": challenge}
    return f"/signin/widget?{urlencode(asked)}"


def on_a_page(web: Web, path: str, typed: dict[str, str]) -> httpx.Response:
    secret = "a" * 32
    return web.http.post(
        path,
        data={**typed, "csrfmiddlewaretoken": secret},
        headers={"Cookie": f"csrftoken={secret}"},
    )


def ask_for_a_code(reader: Reader, email: str = "ada@mail.example") -> httpx.Response:
    return on_a_page(reader.web, signin_window(reader), {"action": "address", "email": email})


def is_sent_a_code(reader: Reader) -> bool:
    """Asked again and again; that this is too often is forgotten."""
    cache.clear()
    return ask_for_a_code(reader).status_code == 302


def sign_in_by_password(web: Web, reader: Reader) -> httpx.Response:
    typed = {"login": reader.user.email, "password": "a long enough one"}
    return on_a_page(web, "/accounts/login/", typed)


def without(page: str, email: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.replace(email, "…"))
