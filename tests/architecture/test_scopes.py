"""Keys are structural: every method of a view that takes API keys names the scope it needs."""

from publishers.authentication import ApiKeyAuthentication, IsPublisherServer
from publishers.states import Scope
from tests.architecture.test_permissions import OURS

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def takes_keys(cls) -> bool:
    return ApiKeyAuthentication in getattr(cls, "authentication_classes", ())


def unscoped(cls) -> list[str]:
    """What a view that takes keys does without naming a scope."""
    done = [method for method in METHODS if hasattr(cls, method.lower())]
    return [method for method in done if getattr(cls, "scopes", {}).get(method) not in set(Scope)]


VIEWS = {route.path: route.cls for route in OURS if takes_keys(route.cls)}


def test_every_method_that_takes_keys_names_a_scope():
    assert VIEWS
    assert {path: unscoped(cls) for path, cls in VIEWS.items() if unscoped(cls)} == {}


def test_every_view_that_takes_keys_asks_for_the_scope():
    assert all(cls.permission_classes == [IsPublisherServer] for cls in VIEWS.values())


def test_every_scope_opens_something():
    assert {scope for cls in VIEWS.values() for scope in cls.scopes.values()} == set(Scope)


def test_a_view_that_names_no_scope_is_found_and_closed():
    class Forgetful:
        authentication_classes = [ApiKeyAuthentication]
        scopes = {"PUT": "no such scope"}

        def get(self, request):
            raise AssertionError("never called")

        def put(self, request):
            raise AssertionError("never called")

    assert takes_keys(Forgetful)
    assert unscoped(Forgetful) == ["GET", "PUT"]
