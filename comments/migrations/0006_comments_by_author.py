from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("comments", "0005_figures_of_authors_so_far"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="comment",
            index=models.Index(
                fields=["author", "created_at", "id"],
                name="comment_by_author",
                condition=Q(status="published"),
            ),
        ),
    ]
