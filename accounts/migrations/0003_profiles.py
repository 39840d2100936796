import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import common.clock


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_tokens"),
        ("publishers", "0002_site_hook"),
    ]

    operations = [
        migrations.CreateModel(
            name="Avatar",
            fields=[
                (
                    "id",
                    models.CharField(
                        editable=False, max_length=64, primary_key=True, serialize=False
                    ),
                ),
                ("content", models.BinaryField(help_text="WebP, without any metadata.")),
                ("created_at", models.DateTimeField(default=common.clock.now, editable=False)),
            ],
        ),
        migrations.AddField(
            model_name="user",
            name="public_page",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Everybody may read all published comments of this reader in one place.",
                verbose_name="has a public page",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="avatar",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="wearers",
                to="accounts.avatar",
            ),
        ),
        migrations.CreateModel(
            name="Mute",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created_at", models.DateTimeField(default=common.clock.now, editable=False)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "reader",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mutes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("reader", "author"), name="mute_once"),
                    models.CheckConstraint(
                        condition=models.Q(("reader", models.F("author")), _negated=True),
                        name="mute_others",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SiteProfile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "badges",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=30),
                        blank=True,
                        db_default=[],
                        default=list,
                        size=None,
                    ),
                ),
                ("may_comment", models.BooleanField(db_default=True, default=True)),
                (
                    "may_not_because",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="A code of the API.",
                        max_length=50,
                    ),
                ),
                ("name_locked_until", models.DateTimeField(blank=True, null=True)),
                ("changed_at", models.DateTimeField(auto_now=True)),
                (
                    "name_locked_by",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reader_profiles",
                        to="publishers.site",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="site_profiles",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("user", "site"), name="one_profile_per_site"),
                    models.CheckConstraint(
                        condition=models.Q(("badges__len__lte", 5)), name="profile_badges_few"
                    ),
                ],
            },
        ),
    ]
