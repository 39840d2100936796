"""The ground everyone stands on: a publisher's site, its origins, API keys and staff."""

from datetime import datetime, timedelta
from typing import ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Func, IntegerField
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from common import clock
from common.ids import new_id
from common.triggers import APPEND_ONLY
from publishers import reactions, roles
from publishers.querysets import (
    ApiKeyQuerySet,
    SiteQuerySet,
    SsoKeyQuerySet,
    StaffInvitationQuerySet,
    StaffMembershipQuerySet,
)
from publishers.states import AccessChangeKind, Role, Scope, Screening, SsoAlgorithm, WhenAway

HOOK_KEYS_OVERLAP = timedelta(hours=24)


def validate_hook_url(value: str) -> None:
    """An address a hook can stand at. Whether we may connect there is seen when we do."""
    parts = urlsplit(value)
    if parts.scheme not in {"https", "http"} or not parts.hostname or "@" in parts.netloc:
        raise ValidationError(
            _("A hook's address looks like https://hooks.news.example/new, without a password."),
            code="bad_hook_url",
        )


class Site(models.Model):
    """A publication with its own readers' conversations, rules and staff.

    Its articles, threads and words hang on it; nothing of one site is shown on another.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100)
    default_locale = models.CharField(max_length=20, default="en")
    screening = models.CharField(max_length=13, choices=Screening, default=Screening.PUBLISH_FIRST)
    edit_window_seconds = models.PositiveIntegerField(
        default=300, help_text=_("How long an author may edit a comment. 0: never.")
    )
    hold_over_characters = models.PositiveIntegerField(
        default=5_000, help_text=_("Longer comments wait for a moderator.")
    )
    hold_over_links = models.PositiveIntegerField(
        default=2, help_text=_("Comments with more links wait for a moderator.")
    )
    readers_open_threads = models.BooleanField(
        _("readers open conversations"),
        default=False,
        db_default=False,
        help_text=_("On pages that your server has not sent yet, the first reader may do it."),
    )
    hook_url = models.CharField(
        _("hook address"),
        max_length=2_000,
        blank=True,
        default="",
        db_default="",
        validators=[validate_hook_url],
        help_text=_("Your server that is asked about each comment. Empty: nobody is asked."),
    )
    hook_secret = models.CharField(
        _("hook secret"),
        max_length=100,
        editable=False,
        default="",
        db_default="",
        help_text=_("Your server verifies our signature by it. Keep it to yourself."),
    )
    hook_former_secret = models.CharField(max_length=100, editable=False, default="", db_default="")
    hook_secret_changed_at = models.DateTimeField(null=True, editable=False)
    hook_when_away = models.CharField(
        _("when the hook is away"),
        max_length=7,
        choices=WhenAway,
        default=WhenAway.QUEUE,
        db_default=WhenAway.QUEUE,
        help_text=_("What becomes of a comment while your server does not answer."),
    )
    reactions = models.JSONField(
        _("reactions"),
        blank=True,
        default=reactions.usual,
        db_default=reactions.usual(),
        validators=[reactions.check],
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SiteQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(screening__in=Screening.values), name="site_screening_known"
            ),
            models.CheckConstraint(
                condition=models.Q(hook_when_away__in=WhenAway.values),
                name="site_hook_when_away_known",
            ),
            models.CheckConstraint(
                condition=models.Q(hook_url="") | ~models.Q(hook_secret=""),
                name="site_hook_signed",
                violation_error_message=_("A hook needs a secret."),
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(
                    Func("reactions", function="jsonb_array_length", output_field=IntegerField()),
                    reactions.MOST_KINDS,
                ),
                name="site_reactions_few",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def hook_keys(self) -> list[str]:
        """The secrets that calls of the hook are signed with: for a day after a change two."""
        changed_at = self.hook_secret_changed_at
        overlap = changed_at is not None and clock.now() < changed_at + HOOK_KEYS_OVERLAP
        both = [self.hook_secret, self.hook_former_secret if overlap else ""]
        return [key for key in both if key]


def validate_origin(value: str) -> None:
    """An origin as browsers send it: scheme and host, a port only where it is not the default."""
    parts = urlsplit(value)
    plain = f"{parts.scheme}://{parts.netloc}"
    if parts.scheme not in {"https", "http"} or not parts.hostname or value != plain.lower():
        raise ValidationError(
            _("An origin looks like https://news.example: scheme and host, no path, lower case."),
            code="bad_origin",
        )


class Origin(models.Model):
    """A web origin whose pages may embed the site's threads and sign readers in."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="origins")
    origin = models.CharField(max_length=255, validators=[validate_origin])

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["site", "origin"], name="origin_once_per_site")
        ]
        indexes: ClassVar = [models.Index(fields=["origin"], name="origin_by_name")]

    def __str__(self) -> str:
        return self.origin


def every_scope() -> list[str]:
    """What a key opens of which nothing else is said."""
    return list(Scope.values)


class ApiKey(models.Model):
    """What a publisher's server signs in with. Only a hash is kept; the key is shown once."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="api_keys")
    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(_("begins with"), max_length=12, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(
        models.CharField(max_length=40, choices=Scope),
        verbose_name=_("may"),
        default=every_scope,
        db_default=Scope.values,
    )
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    expires_at = models.DateTimeField(_("ends"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(scopes__contained_by=Scope.values), name="key_scopes_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def is_live_at(self, now: datetime) -> bool:
        """Whether the key opens the door at `now`. No query."""
        is_over = self.expires_at is not None and self.expires_at <= now
        return self.revoked_at is None and not is_over

    @property
    def scope_names(self) -> list[str]:
        """What the key opens, in words."""
        return [str(Scope(scope).label) for scope in self.scopes]


class StaffMembership(models.Model):
    """A person's role on a site's staff. It opens the desk for that site and no other.

    `services.staffing` writes them, so that each change leaves an `AccessChange`.
    """

    site = models.ForeignKey(Site, models.CASCADE, related_name="staff")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="staff_memberships"
    )
    role = models.CharField(_("role"), max_length=9, choices=Role, default=Role.MODERATOR)
    created_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(null=True, editable=False)

    objects = StaffMembershipQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["site", "user"], name="one_role_per_site"),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="staff_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.site}"

    def may(self, permission: roles.Permission) -> bool:
        """Whether the role holds this permission. No query."""
        return roles.may(self.role, permission)


class StaffInvitation(models.Model):
    """A role on a site's staff, offered to one address by mail, until it is taken up or back.

    Only a hash of the mail's token is kept. An invitation that is over is no row: `AccessChange`
    remembers it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    site = models.ForeignKey(Site, models.CASCADE, related_name="invitations")
    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=9, choices=Role)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    objects = StaffInvitationQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["site", "email"], name="one_invitation_per_address"),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="invitation_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} · {self.get_role_display()} · {self.site}"


class AccessChange(models.Model):
    """Who was let in or shut out at a site, people and keys, by whom. Append-only.

    `subject` is the person's address or the key's name, as they were then; nobody as `actor` is
    the command line. Written in the transaction that makes the change.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    site = models.ForeignKey(Site, models.PROTECT, related_name="access_changes")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="access_changes"
    )
    kind = models.CharField(max_length=20, choices=AccessChangeKind)
    subject = models.CharField(max_length=254)
    was = models.CharField(max_length=9, blank=True, help_text="The role before, where one was.")
    now = models.CharField(max_length=9, blank=True, help_text="The role after, where one is.")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(kind__in=AccessChangeKind.values), name="access_change_known"
            )
        ]
        triggers: ClassVar = [APPEND_ONLY]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class SsoKey(models.Model):
    """What a publisher signs its readers in with. The row says by which algorithm, not the token.

    Of HS256 the secret is kept, sealed; of the others the public half (PEM). Several may be live
    at once, so that one can follow another; `services.sso_keys` makes and retires them.
    """

    site = models.ForeignKey(Site, models.CASCADE, related_name="sso_keys")
    kid = models.CharField(_("key id"), max_length=12, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=100)
    algorithm = models.CharField(_("algorithm"), max_length=5, choices=SsoAlgorithm, editable=False)
    sealed_secret = models.CharField(max_length=300, blank=True, default="", editable=False)
    public_key = models.TextField(_("public key"), blank=True, default="")
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    retired_at = models.DateTimeField(_("retired"), null=True, editable=False)

    objects = SsoKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("sign-in key")
        verbose_name_plural = _("sign-in keys")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(algorithm__in=SsoAlgorithm.values),
                name="sso_key_algorithm_known",
            ),
            models.CheckConstraint(
                condition=models.Q(algorithm=SsoAlgorithm.HS256, public_key="")
                & ~models.Q(sealed_secret="")
                | ~models.Q(algorithm=SsoAlgorithm.HS256)
                & models.Q(sealed_secret="")
                & ~models.Q(public_key=""),
                name="sso_key_secret_or_public",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.kid})"
