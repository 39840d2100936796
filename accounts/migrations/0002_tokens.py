from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

import common.ids


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("accounts", "0001_users"),
        ("publishers", "0001_initial"),
        ("sessions", "0001_initial"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Token",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.ids.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("app", "App: the whole account"),
                            ("reader", "Reader: one site"),
                        ],
                        max_length=6,
                    ),
                ),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tokens",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reader_tokens",
                        to="publishers.site",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="sessions.session",
                    ),
                ),
                ("origin", models.CharField(blank=True, default="", max_length=255)),
                ("credentials", models.CharField(blank=True, editable=False, max_length=128)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("last_used_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["expires_at"], name="token_by_expiry")],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(kind__in=["app", "reader"]), name="token_kind_known"
                    ),
                    models.CheckConstraint(
                        condition=~Q(kind="reader")
                        | Q(user__isnull=False, site__isnull=False, session__isnull=True),
                        name="reader_token_is_of_one_site",
                    ),
                    models.CheckConstraint(
                        condition=~Q(kind="app")
                        | Q(site__isnull=True, session__isnull=False, origin=""),
                        name="app_token_is_of_a_session",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SigninCode",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.ids.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="publishers.site",
                    ),
                ),
                ("origin", models.CharField(max_length=255)),
                ("challenge", models.CharField(max_length=43)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["expires_at"], name="signin_code_by_expiry")],
            },
        ),
    ]
