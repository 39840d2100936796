from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("accounts", "0004_sso"),
        ("usersessions", "0001_initial"),
    ]

    operations: ClassVar = [
        migrations.AddField(
            model_name="token",
            name="browser",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="reader_tokens",
                to="usersessions.usersession",
            ),
        ),
        migrations.AddField(
            model_name="token",
            name="user_agent",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=200
            ),
        ),
        migrations.AddField(
            model_name="signincode",
            name="browser",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="usersessions.usersession",
            ),
        ),
    ]
