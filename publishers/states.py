"""Words of the publishers' side that models and querysets share."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Screening(TextChoices):
    """What the public sees of a comment while a machine looks at it."""

    PUBLISH_FIRST = "publish_first", _("Publish first, screen after")
    SCREEN_FIRST = "screen_first", _("Screen first, publish after")


class WhenAway(TextChoices):
    """What becomes of a comment while the site's hook does not answer."""

    PUBLISH = "publish", _("Go on without it")
    HOLD = "hold", _("Hold for a moderator")
    QUEUE = "queue", _("Wait until it answers")


class Role(TextChoices):
    """What a member of a site's staff is there for; `roles` says what each may."""

    OWNER = "owner", _("Owner")
    LEAD = "lead", _("Lead")
    MODERATOR = "moderator", _("Moderator")
    EDITOR = "editor", _("Editor")
    LEGAL = "legal", _("Legal")
    ANALYST = "analyst", _("Analyst")


class Scope(TextChoices):
    """What an API key opens. Each view that takes keys names the one it needs."""

    ARTICLES_WRITE = "articles:write", _("Send articles")
    RELATED_WRITE = "related:write", _("Set related links")


class AccessChangeKind(TextChoices):
    """How who may come in was changed."""

    INVITED = "invited", _("invited")
    INVITATION_WITHDRAWN = "invitation_withdrawn", _("took back an invitation")
    JOINED = "joined", _("joined")
    APPOINTED = "appointed", _("put on the staff")
    ROLE_CHANGED = "role_changed", _("changed a role")
    REMOVED = "removed", _("removed from the staff")
    KEY_MADE = "key_made", _("made an API key")
    KEY_ROTATED = "key_rotated", _("replaced an API key")
    KEY_REVOKED = "key_revoked", _("revoked an API key")
    SSO_KEY_MADE = "sso_key_made", _("made a key for single sign-on")
    SSO_KEY_RETIRED = "sso_key_retired", _("retired a key for single sign-on")


class SsoAlgorithm(TextChoices):
    """How a publisher signs what it says of its readers. A key is for one of these."""

    HS256 = "HS256", "HS256 (a secret both know)"
    EDDSA = "EdDSA", "EdDSA (Ed25519)"
    ES256 = "ES256", "ES256 (P-256)"
    RS256 = "RS256", "RS256 (RSA)"
