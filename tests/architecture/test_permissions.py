"""Authorisation is structural: every route says who may call it."""

from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.permissions import SAFE_METHODS
from rest_framework.views import APIView

from common.permissions import Nobody
from common.views import PrivateView, PublicView

#: Views of libraries, with who guards them. A prefix stands for all below it.
GUARDED_ELSEWHERE = {
    "admin/": "accounts.admin_site.StaffAdminSite",
    "_allauth/": "allauth.headless checks each step of its flows",
    "accounts/": "allauth's own pages check each step of their flows",
    "api/v1/schema": "SPECTACULAR_SETTINGS: Anyone",
    "api/docs": "SPECTACULAR_SETTINGS: Anyone",
}
MARKS = {"public", "staff", "popup"}


def routes(patterns=None, prefix="") -> Iterator[tuple[str, object]]:
    for pattern in patterns if patterns is not None else get_resolver().url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            yield path, pattern.callback


ROUTES = list(routes())
OURS = [
    (path, view)
    for path, view in ROUTES
    if not any(path.startswith(prefix) for prefix in GUARDED_ELSEWHERE)
]


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


@pytest.mark.parametrize(("path", "view"), OURS, ids=[path or "/" for path, _ in OURS])
def test_every_view_says_who_may_call_it(path, view):
    assert not says_nothing(view), f"{path}: give it permission_classes or a permission mark"


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
        assert any(path.startswith(prefix) for path, _ in ROUTES), prefix


def test_public_views_read_without_credentials():
    for path, view in OURS:
        cls = getattr(view, "cls", None)
        if cls is not None and issubclass(cls, PublicView):
            for method in SAFE_METHODS:
                instance = cls()
                instance.request = type("Request", (), {"method": method})()
                assert instance.get_authenticators() == [], path


def test_every_api_view_is_public_or_private():
    for path, view in OURS:
        if path.startswith("api/v1/"):
            assert issubclass(view.cls, PrivateView), f"{path}: derive it from common.views"
