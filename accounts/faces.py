"""What everybody sees of a comment's author on one site: name, picture, badges."""

from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urljoin
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.urls import reverse

from accounts.models import SiteProfile, User
from common.postgresql.json import bare, json_object, text
from publishers.models import StaffMembership

#: The badge of a site's staff: shown by membership. Clients say it in their own words.
STAFF_BADGE = "staff"
_NOBODY = str(UUID(int=0))


class Face(NamedTuple):
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


#: The same for statements in SQL, to be joined: the columns that `author_sql` reads. `staff`: what
#: `STAFF` gives, read once for all authors.
FACE = """
    LEFT JOIN LATERAL (
        SELECT name, avatar_id AS avatar, public_page, (
            SELECT badges FROM accounts_siteprofile WHERE user_id = person.id AND site_id = {site}
        ) AS badges, person.id = ANY({staff}) AS is_staff
        FROM accounts_user AS person WHERE person.id = {author} LIMIT 1
    ) AS face ON true
"""
#: Who is of a site's staff.
STAFF = "ARRAY(SELECT user_id FROM publishers_staffmembership WHERE site_id = {site})"


def author_sql(author: str) -> str:
    """What clients see of that `face`, of the author with this id, as JSON. Takes the values of
    `addresses_around`, in this order.
    """
    of_staff = f"array_prepend('{STAFF_BADGE}', face.badges)"
    badges = text(f"CASE WHEN face.is_staff THEN {of_staff} ELSE face.badges END")
    return json_object(
        id=bare(author),
        name=text("face.name"),
        avatar_url=text("%s::text || face.avatar || %s::text"),
        badges=f"coalesce({badges}, '[]')",
        page_url=f"CASE WHEN face.public_page THEN {text(f'%s::text || {author} || %s::text')} END",
    )


def addresses_around() -> list[str]:
    """What stands before and after the key in the address of a picture, of a public page."""
    avatar = _address(settings.PUBLIC_URL, "avatar", "digest")
    return [*avatar, *_address(settings.PUBLIC_URL, "reader", _NOBODY)]


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
    if digest is None:
        return None
    before, after = _address(settings.PUBLIC_URL, "avatar", "digest")
    return f"{before}{digest}{after}"


def page_url(user_id: UUID | str) -> str:
    """A reader's public page, if they have one."""
    before, after = _address(settings.PUBLIC_URL, "reader", _NOBODY)
    return f"{before}{user_id}{after}"


@lru_cache(maxsize=16)
def _address(public_url: str, name: str, key: str) -> tuple[str, str]:
    """What stands before and after `key` in the address of a view."""
    before, _, after = urljoin(public_url, reverse(name, args=[key])).partition(key)
    return before, after
