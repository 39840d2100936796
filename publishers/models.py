"""The ground everyone stands on: a publisher's site, its origins, API keys and staff."""

from typing import ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.ids import new_id
from publishers.querysets import ApiKeyQuerySet, SiteQuerySet
from publishers.states import Role, Screening


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
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SiteQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(screening__in=Screening.values), name="site_screening_known"
            )
        ]

    def __str__(self) -> str:
        return self.name


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


class ApiKey(models.Model):
    """What a publisher's server signs in with. Only a hash is kept; the key is shown once."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class StaffMembership(models.Model):
    """A person's role on a site's staff. It opens the desk for that site and no other."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="staff")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="staff_memberships"
    )
    role = models.CharField(max_length=9, choices=Role, default=Role.MODERATOR)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["site", "user"], name="one_role_per_site"),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="staff_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.site}"
