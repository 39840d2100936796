"""Ordering, filters and searches are no way into the database, nor out of the columns shown."""

from itertools import cycle
from urllib.parse import quote, urlencode

import pytest
from django.contrib import admin

from tests.abuse.documented import operation
from tests.abuse.scale import some
from tests.abuse.scene import Scene, undone
from tests.abuse.table import row_of
from tests.routes import API

pytestmark = pytest.mark.django_db

TRICKS = [
    "' OR '1'='1",
    "1; DROP TABLE accounts_user; --",
    "') UNION SELECT password--",
    "-created_at",
    "author__password",
    "-author__email",
    "?",
    "pk",
    "0x31",
    "1e9",
    "-1",
    "0",
    "101",
    "9" * 400,
    "1" * 4_301,
    "٣",
    "²",
    "NaN",
    "null",
    "\x00",
    "a\x00",
    "%00",
    "\ud7ff",
    "%ed%a0%80",
    "../..",
    "{{7*7}}",
    "${7*7}",
    "[]",
    "{}",
    "a" * 20_000,
    "\u202e",
    "eyJhIjoxfQ:AAAA",
    ":",
    "a:b:c",
]
#: What frameworks take where nobody forbade it.
FOREIGN = [
    *("ordering", "order_by", "o", "search", "q", "format", "fields", "page", "offset", "status"),
    *("author__password__startswith", "site__api_keys__digest__startswith", "expand", "_method"),
]
READS = [route for route in API if "GET" in route.methods and route.path != "/api/v1/schema"]


@pytest.mark.parametrize("route", READS, ids=lambda route: route.path)
def test_a_trick_in_a_parameter_is_refused_or_without_effect(scene: Scene, route) -> None:
    row = row_of(route.path, "GET")
    name = {"everyone": "anonymous"}.get(row.who if row else "", "reader token")
    client, address = scene.member(name).client, scene.threads[0].address(route)
    plain = client.get(address)
    known = [each["name"] for each in operation(route.path, "GET").get("parameters", [])]
    wrong = []
    asked = [(each, trick) for each in known for trick in some(TRICKS, 10, f"{route.path} {each}")]
    foreign = some(FOREIGN, 3, route.path)
    for name, trick in asked + [(each, "-password") for each in foreign]:
        answer = client.get(f"{address}?{name}={quote(trick, errors='surrogatepass')}")
        if answer.status_code >= 500 or (name in FOREIGN and answer.content != plain.content):
            wrong.append((name, trick[:30], answer.status_code))

    assert wrong == []


@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: ascii(trick[:20]))
def test_a_trick_in_a_path_is_not_found(scene: Scene, trick: str) -> None:
    text = quote(trick, safe="", errors="surrogatepass")
    thread = scene.threads[0].ids["thread_id"]
    client = scene.member("site key").client
    body = {"edition": "en", "related": []}
    for path in (f"threads/{text}", f"threads/{thread}/comments/{text}", f"articles/{text}"):
        assert 400 <= client.get(f"/api/v1/{path}").status_code < 500
    with undone():
        answer = client.put(
            f"/api/v1/publisher/articles/{text}/related", body, content_type="application/json"
        )
    assert 400 <= answer.status_code < 500


LISTS = sorted(
    f"/admin/{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry
)
#: What the admin's lists take, and columns that are not theirs to filter by.
ADMIN_NAMES = [
    "q",
    "o",
    "p",
    "all",
    "e",
    "_popup",
    "_to_field",
    "_facets",
    "id__in",
    "pk__regex",
    "author__password__startswith",
    "user__password__startswith",
    "site__hook_secret__startswith",
    "joined_at__year",
    "joined_at__month",
    "created_at__gte",
    "is_active__exact",
    "status__exact",
]
ADMIN_TRICKS = [
    "' OR 1=1 --",
    "99.-7",
    "-1",
    "9" * 40,
    "٣",
    "%00",
    "a" * 2_000,
    "(((((",
    "[",
    "null",
    "",
]


@pytest.mark.parametrize("address", LISTS)
def test_the_admins_lists_take_no_lookup_that_is_not_theirs(scene: Scene, address: str) -> None:
    client = scene.member("operator").client
    broken = []
    asked = list(zip(ADMIN_NAMES, cycle(ADMIN_TRICKS), strict=False))
    asked += [("joined_at__year", "9" * 40), ("created_at__day", "32")]
    for name, trick in some(asked, 4, address):
        answer = client.get(f"{address}?{urlencode({name: trick})}")
        if answer.status_code >= 500:
            broken.append((name, trick[:20], answer.status_code))
        elif "password" in name or "hook_secret" in name:
            assert answer.status_code in {302, 400}, (name, trick)

    assert broken == []


PAGES = {
    "/moderation/": ("owner", ["queue", "show"]),
    "/accounts/login/": ("anonymous", ["next"]),
    "/signin/widget": ("anonymous", ["site", "origin", "challenge", "return", "lang", "with"]),
}


@pytest.mark.parametrize("path", PAGES)
def test_pages_end_in_no_500(scene: Scene, path: str) -> None:
    name, parameters = PAGES[path]
    client = scene.member(name).client
    for parameter in parameters:
        for trick in some(TRICKS, 6, f"{path} {parameter}"):
            answer = client.get(f"{path}?{parameter}={quote(trick, errors='surrogatepass')}")
            assert answer.status_code < 500, (parameter, trick[:30])
