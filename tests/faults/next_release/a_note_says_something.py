from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("comments", "comments_by_note"),
    ]

    operations = [
        AddConstraintNotValid(
            model_name="comment",
            constraint=models.CheckConstraint(condition=~Q(note=""), name="comment_note_said"),
        ),
    ]
