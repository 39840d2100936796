"""What each role on a site's staff may do there: the one table, asked by every page of the desk.

A permission is here when some page or service asks for it, and not before.
"""

from enum import StrEnum

from publishers.states import Role


class Permission(StrEnum):
    """One thing that staff do."""

    REVIEW = "review"  # read the queues, and cases with all their texts
    DECIDE = "decide"  # publish or reject the comment of a case
    LOCK_NAMES = "lock_names"  # keep a reader's name as it is, and lift that
    SET_PACE = "set_pace"  # slow a thread, and lift that
    EDIT_ARTICLES = "edit_articles"  # open and close conversations, related links
    SET_WORDS = "set_words"  # the words that are looked at more closely
    SET_UP = "set_up"  # the site's settings: screening, hook, what waits for a person
    APPOINT = "appoint"  # see, invite, change and remove staff, as far as `may_appoint` goes
    KEEP_KEYS = "keep_keys"  # API keys of the publisher's servers
    READ_FIGURES = "read_figures"  # how much is said and decided; no texts, no people
    READ_LOG = "read_log"  # who decided what, and who was let in or shut out


MODERATOR = frozenset(
    {Permission.REVIEW, Permission.DECIDE, Permission.LOCK_NAMES, Permission.SET_PACE}
)
EDITOR = frozenset({Permission.EDIT_ARTICLES, Permission.SET_PACE})
ANALYST = frozenset({Permission.READ_FIGURES})
TABLE: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.LEAD: MODERATOR | EDITOR | ANALYST | {Permission.SET_WORDS, Permission.APPOINT},
    Role.MODERATOR: MODERATOR,
    Role.EDITOR: EDITOR,
    Role.LEGAL: frozenset({Permission.REVIEW, Permission.READ_LOG}),
    Role.ANALYST: ANALYST,
}


def may(role: str, permission: Permission) -> bool:
    """Whether who has this role may do this."""
    return permission in TABLE[Role(role)]


def holders(permission: Permission) -> list[Role]:
    """The roles that hold a permission, highest first."""
    return [role for role, held in TABLE.items() if permission in held]


def may_appoint(own: str, other: str) -> bool:
    """Whether who has role `own` may give somebody `other`, or take it from them.

    An owner any role; who else appoints, roles that hold less than their own. So nobody hands out
    what they have not, and nobody but an owner makes their own equals.
    """
    if not may(own, Permission.APPOINT):
        return False
    return own == Role.OWNER or TABLE[Role(other)] < TABLE[Role(own)]


def appointable_by(own: str) -> list[Role]:
    """The roles that who has role `own` may give, highest first."""
    return [role for role in TABLE if may_appoint(own, role)]
