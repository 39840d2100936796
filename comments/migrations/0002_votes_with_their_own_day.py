from django.db import migrations, models

import common.clock


class Migration(migrations.Migration):
    """No SQL: who stores a vote may say when it was cast."""

    dependencies = [("comments", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="vote",
            name="created_at",
            field=models.DateTimeField(default=common.clock.now, editable=False),
        ),
    ]
