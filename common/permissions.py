"""Every view says who may call it: DRF views by `permission_classes`, plain ones by a mark.

`tests/architecture` walks the route table and fails on a view that says nothing.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request

if TYPE_CHECKING:  # at run time DRF's views would ask for this module's classes while it loads
    from rest_framework.views import APIView

View = TypeVar("View", bound=Callable[..., Any])


class Anyone(AllowAny):
    """Whoever asks, signed in or not."""


class SignedIn(IsAuthenticated):
    """A reader (or staff) with a token or a first-party session."""


class Nobody(BasePermission):
    """The default: a view that forgot to say is closed."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return False


def public(view: View) -> View:
    """Mark a plain Django view as open to anybody."""
    view.permission = "public"  # type: ignore[attr-defined]  # a mark on a function
    return view
