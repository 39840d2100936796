from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("comments", "a_note_says_something"),
    ]

    operations = [
        ValidateConstraint(model_name="comment", name="comment_note_said"),
    ]
