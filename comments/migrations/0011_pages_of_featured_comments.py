from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Func, Q

FEATURED = Q(parent=None, featured=True, status="published")
KEYS = {
    "page": "created_at",
    "top": Func("up_count", "down_count", function="comments_top"),
    "best": Func("up_count", "down_count", function="comments_best"),
    "discussed": "reply_count",
}


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("comments", "0010_pages_in_one_language"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="comment",
            index=models.Index(
                "thread", key, "id", name=f"comment_{name}_featured", condition=FEATURED
            ),
        )
        for name, key in KEYS.items()
    ]
