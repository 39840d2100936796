"""Authorisation is structural: every route says who may call it.

Who that is in words stands in docs/permissions.md; that it is so, tests/abuse tries.
"""

import pytest
from rest_framework.permissions import SAFE_METHODS
from rest_framework.views import APIView

from common.permissions import Nobody
from common.views import PrivateView, PublicView
from tests.routes import API, ROUTES

#: Views of libraries, with who guards them. A prefix stands for all below it.
GUARDED_ELSEWHERE = {
    "/admin/": "accounts.admin_site.StaffAdminSite",
    "/_allauth/": "allauth.headless checks each step of its flows",
    "/accounts/": "allauth's own pages check each step of their flows",
    "/api/v1/schema": "SPECTACULAR_SETTINGS: Anyone",
    "/api/docs": "SPECTACULAR_SETTINGS: Anyone",
}
MARKS = {"public", "staff", "popup"}
OURS = [route for route in ROUTES if not route.path.startswith(tuple(GUARDED_ELSEWHERE))]


def says_nothing(view) -> bool:
    """Whether a view leaves open who may call it."""
    cls = getattr(view, "cls", None)
    if cls is None:
        return getattr(view, "permission", None) not in MARKS
    writes = {name for name in ("post", "put", "patch", "delete") if hasattr(cls, name)}
    if issubclass(cls, PublicView) and not writes:
        return False
    own = [
        base
        for base in cls.__mro__
        if base not in APIView.__mro__ and base not in (PublicView, PrivateView)
    ]
    return not any("permission_classes" in vars(base) for base in own)


@pytest.mark.parametrize("route", OURS, ids=[route.path for route in OURS])
def test_every_view_says_who_may_call_it(route):
    said = not says_nothing(route.view)

    assert said, f"{route.path}: give it permission_classes or a permission mark"


def test_a_view_that_says_nothing_is_found():
    class Forgetful(PrivateView):
        def post(self, request):
            raise AssertionError("never called")

    class PublicForgetful(PublicView):
        def put(self, request):
            raise AssertionError("never called")

    assert says_nothing(Forgetful.as_view())
    assert says_nothing(PublicForgetful.as_view())
    assert says_nothing(lambda request: None)


def test_a_view_that_says_nothing_is_closed():
    assert PrivateView.permission_classes == [Nobody]
    assert PublicView.permission_classes == [Nobody]


def test_every_exception_still_has_a_route():
    for prefix in GUARDED_ELSEWHERE:
        assert any(route.path.startswith(prefix) for route in ROUTES), prefix


def test_public_views_read_without_credentials():
    for route in API:
        if issubclass(route.cls, PublicView):
            for method in SAFE_METHODS:
                instance = route.cls()
                instance.request = type("Request", (), {"method": method})()
                assert instance.get_authenticators() == [], route.path


def test_every_api_view_is_public_or_private():
    for route in OURS:
        if route in API:
            assert issubclass(route.cls, PrivateView), f"{route.path}: see common.views"
