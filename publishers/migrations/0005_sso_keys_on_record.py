from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("publishers", "0004_sso_keys"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="accesschange",
            name="access_change_known",
        ),
        migrations.AlterField(
            model_name="accesschange",
            name="kind",
            field=models.CharField(
                choices=[
                    ("invited", "invited"),
                    ("invitation_withdrawn", "took back an invitation"),
                    ("joined", "joined"),
                    ("appointed", "put on the staff"),
                    ("role_changed", "changed a role"),
                    ("removed", "removed from the staff"),
                    ("key_made", "made an API key"),
                    ("key_rotated", "replaced an API key"),
                    ("key_revoked", "revoked an API key"),
                    ("sso_key_made", "made a key for single sign-on"),
                    ("sso_key_retired", "retired a key for single sign-on"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="accesschange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "invited",
                            "invitation_withdrawn",
                            "joined",
                            "appointed",
                            "role_changed",
                            "removed",
                            "key_made",
                            "key_rotated",
                            "key_revoked",
                            "sso_key_made",
                            "sso_key_retired",
                        ],
                    )
                ),
                name="access_change_known",
            ),
        ),
    ]
