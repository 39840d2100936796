"""What everybody sees of a comment's author on one site: name, picture, badges."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.urls import reverse

from accounts.models import SiteProfile, User
from publishers.models import StaffMembership

#: The badge of a site's staff: shown by membership. Clients say it in their own words.
STAFF_BADGE = "staff"


@dataclass(frozen=True)
class Face:
    """What everybody sees of an author on one site."""

    name: str
    avatar: str | None
    public_page: bool
    badges: list[str]

    @property
    def avatar_url(self) -> str | None:
        return avatar_url(self.avatar)


def face(author: str, *, site: Any) -> Subquery:
    """To annotate rows with what `face_from` reads of their `author` (the name of a field) on a
    `site` (an id or expression, or the name of a field). No query of its own: three rows at most
    are looked up by key.
    """
    place = OuterRef(OuterRef(site)) if isinstance(site, str) else site
    people = User.objects.filter(pk=OuterRef(author))
    return Subquery(people.values(face=_as_json(OuterRef(OuterRef(author)), place))[:1])


def face_from(annotation: dict[str, Any]) -> Face:
    """An author as the annotation `face` gives them."""
    is_staff, given = annotation["is_staff"], annotation["badges"] or []
    badges = [STAFF_BADGE, *given] if is_staff else given
    return Face(annotation["name"], annotation["avatar"], annotation["public_page"], badges)


def face_of(user: User, site_id: UUID) -> dict[str, Any]:
    """What `face_from` reads, of `user` on a site. One query."""
    rows = User.objects.filter(pk=user.pk)
    found: dict[str, Any] = rows.values_list(_as_json(OuterRef("pk"), site_id), flat=True).get()
    return found


def _as_json(person: Any, place: Any) -> JSONObject:
    said = SiteProfile.objects.filter(user=person, site=place).values("badges")[:1]
    staff = StaffMembership.objects.filter(user=person, site=place)
    return JSONObject(
        name="name",
        avatar="avatar_id",
        public_page="public_page",
        badges=Subquery(said),
        is_staff=Exists(staff),
    )


def avatar_url(digest: str | None) -> str | None:
    """Where a picture is served, or None for who has none."""
    return urljoin(settings.PUBLIC_URL, reverse("avatar", args=[digest])) if digest else None


def page_url(user_id: UUID) -> str:
    """A reader's public page, if they have one."""
    return urljoin(settings.PUBLIC_URL, reverse("reader", args=[user_id]))
