from django.db import migrations, models

from tests.faults.next_release import LEAF


class Migration(migrations.Migration):
    dependencies = [
        ("comments", LEAF),
    ]

    operations = [
        migrations.AddField(
            model_name="comment",
            name="note",
            field=models.CharField(max_length=20, null=True),
        ),
    ]
