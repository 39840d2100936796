from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("articles", "0002_articles_in_depth"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="article",
            index=models.Index(fields=["site", "-id"], name="article_of_site"),
        ),
        AddIndexConcurrently(
            model_name="article",
            index=models.Index(
                fields=["site", "external_id"],
                opclasses=["uuid_ops", "varchar_pattern_ops"],
                name="article_by_beginning",
            ),
        ),
        AddIndexConcurrently(
            model_name="edition",
            index=GinIndex(fields=["title_terms"], name="edition_by_title"),
        ),
    ]
