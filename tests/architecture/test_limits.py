"""Limits are structural: every API method that writes names who may do it how often."""

import pytest
from django.conf import settings

from common.views import PrivateView
from tests.architecture.test_permissions import OURS

WRITES = ("POST", "PUT", "PATCH", "DELETE")
ROUTES = [(path, view.cls) for path, view in OURS if path.startswith("api/v1/")]


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
