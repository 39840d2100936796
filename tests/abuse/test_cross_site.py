"""Another website cannot make a reader's browser do anything here: forms, text/plain, method
override, and origins that only look registered.
"""

import pytest
from django.test import Client
from django.urls import Resolver404, resolve

from accounts.services import tokens
from tests.abuse.scale import some
from tests.factories import ReaderFactory, SiteFactory, ThreadFactory
from tests.routes import API as API_ROUTES
from tests.routes import ROUTES

pytestmark = pytest.mark.django_db

ORIGIN = "https://news.example"
EVIL = "https://evil.example"
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
SAMPLES = ("01890a5d-ac96-774b-bcce-b302099a8057", "1", "en", "comments")
#: What a page may send anywhere without asking first (the types of forms).
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain")
#: Read no cookie: a token, a code or a publisher's signature is all that counts there; who follows
#: a link is nobody's business.
COOKIELESS = (
    "/api/v1/auth/",
    "/api/v1/publisher/",
    "/api/v1/articles/{article_id}/related/clicks",
)
OF_PAGES = ("/accounts/", "/signin/", "/moderation/", "/_allauth/browser/", "/admin/")


#: Pages that no address leads to, and why.
OUT_OF_REACH = dict.fromkeys(
    ["/accounts/oidc/{provider_id}/login/", "/accounts/oidc/{provider_id}/login/callback/"],
    "allauth's own; ours, of the same addresses, stand in front of them",
)


def address_of(route):
    """An address that leads to a route, whatever its placeholders take; None if no sample fits."""
    for sample in SAMPLES:
        address = route.address(dict.fromkeys(route.ids, sample))
        try:
            found = resolve(address)
        except Resolver404:
            continue
        if found.func is route.view:
            return address
    return None


API = [
    (address_of(route), method)
    for route in API_ROUTES
    if not route.path.startswith(COOKIELESS)
    for method in route.methods
    if method in UNSAFE
]
PAGES = {
    route.path: address_of(route) for route in reversed(ROUTES) if route.path.startswith(OF_PAGES)
}  # of two with one path the first answers


@pytest.fixture
def victim(scene):
    """A browser that is signed in on our pages and checks nothing by itself."""
    client = Client(enforce_csrf_checks=True)
    client.cookies = scene.member("session").client.cookies.copy()
    return client


def test_there_is_something_to_try():
    assert len(API) > 10
    assert all(address for address, _ in API)
    assert len(PAGES) > 30


def test_no_page_is_left_out_for_want_of_a_sample():
    assert {path for path, address in PAGES.items() if address is None} == set(OUT_OF_REACH)


@pytest.mark.parametrize(("address", "method"), API)
def test_the_api_refuses_a_cookie_without_our_secret(victim, address, method):
    for kind in FORMS:
        answer = victim.generic(
            method, address, b'{"body": "hello"}', content_type=kind, headers={"Origin": EVIL}
        )

        assert answer.status_code in {401, 403}, answer.content
        assert "Access-Control-Allow-Origin" not in answer
        assert "Access-Control-Allow-Credentials" not in answer


def test_pages_refuse_forms_of_other_websites(victim):
    taken, signed_in = [], victim.cookies.copy()
    for address in sorted(filter(None, PAGES.values())):
        for kind in some(FORMS, len(FORMS), address):
            answer = victim.generic(
                "POST", address, b"a=b", content_type=kind, headers={"Origin": EVIL}
            )
            victim.cookies = signed_in.copy()
            # 405: takes no form; 400: no JSON; 404, 302: not for readers, whoever sends them there
            is_refused = answer.status_code in {400, 403, 404, 405}
            if not (is_refused or "/login/" in answer.get("Location", "")):
                taken.append((address, kind, answer.status_code))
            assert "Access-Control-Allow-Origin" not in answer, address

    assert taken == []


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"])
def test_a_method_cannot_be_put_into_a_header_or_a_field(header):
    site = SiteFactory(origins=[ORIGIN])
    reader = ReaderFactory(name="Ada")
    _, token = tokens.issue_reader(user=reader, site=site)
    signed_in = {"Authorization": f"Bearer {token}"}

    Client().get("/api/v1/me?_method=PATCH", headers={**signed_in, header: "PATCH"})
    answer = Client().post(
        "/api/v1/me",
        '{"name": "Eve", "_method": "PATCH"}',
        content_type="application/json",
        headers={**signed_in, header: "PATCH"},
    )

    assert answer.status_code == 405
    reader.refresh_from_db()
    assert reader.name == "Ada"


TRICKS = [
    "null",
    "https://news.example.evil.example",
    "https://evil-news.example",
    "https://evilnews.example",
    "http://news.example",
    "https://news.example:8443",
    "https://news.example:443",
    "https://NEWS.example",
    "https://news.example/",
    "https://news.example.",
    "https://user@news.example",
    "https://news.example, https://evil.example",
    "https://news.example%00.evil.example",
    "https://sub.news.example",
    "https://news.example\t",
    "file://news.example",
    "*",
]


@pytest.mark.parametrize("trick", TRICKS)
def test_an_origin_that_only_looks_registered_is_not(trick):
    site = SiteFactory(origins=[ORIGIN])
    thread = ThreadFactory(site=site)
    _, token = tokens.issue_reader(user=ReaderFactory(), site=site, origin=ORIGIN)
    signed_in = {"Authorization": f"Bearer {token}", "Origin": trick}
    path = f"/api/v1/threads/{thread.pk}/comments"

    asked = Client().options(
        path, headers={"Origin": trick, "Access-Control-Request-Method": "POST"}
    )
    answer = Client().post(
        path, '{"body": "hello"}', content_type="application/json", headers=signed_in
    )

    assert answer.status_code == 401
    assert answer.json()["code"] == "wrong_origin"
    for each in (asked, answer):
        assert "Access-Control-Allow-Origin" not in each
        assert "Access-Control-Allow-Credentials" not in each


def test_the_registered_origin_is_named_and_never_with_credentials():
    site = SiteFactory(origins=[ORIGIN])
    thread = ThreadFactory(site=site)
    _, token = tokens.issue_reader(user=ReaderFactory(), site=site, origin=ORIGIN)

    answer = Client().post(
        f"/api/v1/threads/{thread.pk}/comments",
        '{"body": "hello"}',
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}", "Origin": ORIGIN},
    )

    assert answer.status_code == 201
    assert answer["Access-Control-Allow-Origin"] == ORIGIN
    assert "Access-Control-Allow-Credentials" not in answer
