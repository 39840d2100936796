from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Func, Q

SHOWN = Q(status="published") | Q(published_at__isnull=False, reply_count__gt=0)
TOP_LEVEL = Q(parent=None) & SHOWN
KEYS = {
    "top": Func("up_count", "down_count", function="comments_top"),
    "best": Func("up_count", "down_count", function="comments_best"),
    "discussed": "reply_count",
}


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("comments", "0008_figures_of_votes"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="comment",
            index=models.Index("thread", key, "id", name=f"comment_{name}", condition=TOP_LEVEL),
        )
        for name, key in KEYS.items()
    ]
