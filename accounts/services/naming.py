"""Whose name may be what: the rules of `names`, and that readers pass for nobody on staff."""

from accounts import names
from accounts.impersonation import passes_for_staff
from accounts.models import User
from publishers.models import Site, StaffMembership


def chosen(text: str, *, by: User | None = None) -> str:
    """The display name that `by` (None: a newcomer) types, as stored. Raises BadName.

    Two queries at most; none where it is the name they have.
    """
    name = names.tidy(text)
    if by is not None and name == by.name:
        return name
    if passes_for_staff(name, protected()) and not _is_on_staff(by):
        raise names.BadName("reserved_name")
    return name


def given(text: str, *, otherwise: str) -> str:
    """A display name made of what another service says somebody is called; `otherwise` where that
    is no name, or passes for staff. Never fails. One query at most.
    """
    name = names.tamed(text)
    return otherwise if not name or passes_for_staff(name, protected()) else name


def protected() -> list[str]:
    """The names of all sites and of their staff. One query.

    Of all sites, since a reader has one name wherever they write.
    """
    staff = User.objects.filter(staff_memberships__isnull=False, name_made_up=False)
    both = Site.objects.order_by().values_list("name", flat=True)
    return list(both.union(staff.order_by().values_list("name", flat=True)))


def _is_on_staff(user: User | None) -> bool:
    return user is not None and StaffMembership.objects.filter(user=user).exists()
