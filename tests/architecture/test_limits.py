"""Limits are structural: every API method that writes names who may do it how often."""

import pytest
from django.conf import settings

from common.views import PrivateView
from tests.architecture.test_permissions import OURS
from tests.routes import API
from tests.routes import ROUTES as ALL_ROUTES

WRITES = ("POST", "PUT", "PATCH", "DELETE")
ROUTES = [(route.path, route.cls) for route in OURS if route in API]


def unlimited(cls) -> list[str]:
    """The methods that write and name no policy."""
    writes = [method for method in WRITES if hasattr(cls, method.lower())]
    return [method for method in writes if cls.limits.get(method) not in settings.RATE_LIMITS]


@pytest.mark.parametrize(("path", "cls"), ROUTES, ids=[path for path, _ in ROUTES])
def test_every_method_that_writes_is_limited(path, cls):
    assert unlimited(cls) == [], f"{path}: name a policy of settings.RATE_LIMITS in `limits`"


def test_a_method_that_names_no_policy_is_found():
    class Forgetful(PrivateView):
        limits = {"PUT": "no such policy"}

        def post(self, request):
            raise AssertionError("never called")

        def put(self, request):
            raise AssertionError("never called")

    assert unlimited(Forgetful) == ["POST", "PUT"]


def test_every_policy_counts_for_somebody():
    for policy in settings.RATE_LIMITS.values():
        assert policy
        assert policy.keys() <= {"account", "address", "site"}


# -- pages and allauth's calls -----------------------------------------------------------------
STAFF = ("/admin/", "/moderation/")
#: What stands in braces: a number, an edition, a digest, an id.
SAMPLES = {"pk": "1", "locale": "en", "digest": "0" * 64}
AN_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
PAGES = sorted(
    {
        route.address({name: SAMPLES.get(name, AN_ID) for name in route.ids})
        for route in ALL_ROUTES
        if not route.path.startswith(("/api/v1/", *STAFF))
    }
)


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
def test_every_page_that_may_be_written_to_is_limited(path, client, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "account_pages": {"address": [(1, 60)]}}

    first = client.post(path, {}, content_type="application/json")
    second = client.post(path, {}, content_type="application/json")

    assert first.status_code != 429
    if first.status_code != 405:  # method not allowed
        assert second.status_code == 429, f"{path}: see accounts.guard"
        assert "Retry-After" in second


def test_pages_of_accounts_are_among_them():
    assert {"/signin/widget", "/accounts/login/", "/_allauth/app/v1/auth/signup"} <= set(PAGES)
