import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import common.clock


class Migration(migrations.Migration):
    dependencies = [
        ("comments", "0006_comments_by_author"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="comment",
            name="reactions",
            field=models.JSONField(
                db_default={},
                default=dict,
                editable=False,
                help_text="How many there are of each kind.",
            ),
        ),
        migrations.AddField(
            model_name="tally",
            name="reaction",
            field=models.CharField(blank=True, db_default="", default="", max_length=20),
        ),
        migrations.AlterField(
            model_name="tally",
            name="counted",
            field=models.CharField(
                choices=[
                    (
                        "comments",
                        "Published comments of a thread, by language, and of their author",
                    ),
                    ("replies", "Published descendants of a comment"),
                    ("up", "Up votes"),
                    ("down", "Down votes"),
                    ("reactions", "Reactions to a comment, by kind"),
                    ("flags", "Reports of a comment, and of its author's comments"),
                    ("rejected", "Rejected comments of an author"),
                    ("withdrawn", "Withdrawn comments of an author"),
                ],
                max_length=9,
            ),
        ),
        migrations.CreateModel(
            name="Reaction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=20)),
                ("created_at", models.DateTimeField(default=common.clock.now, editable=False)),
                (
                    "comment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="comments.comment",
                    ),
                ),
                (
                    "reader",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reactions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("reader", "comment", "kind"), name="one_reaction_of_a_kind"
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="reaction",
            trigger=pgtrigger.compiler.Trigger(
                name="count_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO comments_tally (thread_id, comment_id, language, counted, reaction, amount)\n            SELECT thread_id, comment.id, '', 'reactions', kind,\n                sum(amount)\n            FROM (SELECT *, 1 AS amount FROM new_reactions) AS reaction JOIN comments_comment AS comment ON comment.id = comment_id\n            GROUP BY comment.id, kind;\n            RETURN NULL;\n        ",
                    hash="3dae0fbf6c319dd5a357ffbc7bc46681f75480ed",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_count_insert_5868c",
                    referencing="REFERENCING NEW TABLE AS new_reactions ",
                    table="comments_reaction",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="reaction",
            trigger=pgtrigger.compiler.Trigger(
                name="count_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO comments_tally (thread_id, comment_id, language, counted, reaction, amount)\n            SELECT thread_id, comment.id, '', 'reactions', kind,\n                sum(amount)\n            FROM (SELECT *, -1 AS amount FROM old_reactions) AS reaction JOIN comments_comment AS comment ON comment.id = comment_id\n            GROUP BY comment.id, kind;\n            RETURN NULL;\n        ",
                    hash="41bc2bcea67fed1327e8a7fd4e4650e62cc8840f",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_count_delete_755ac",
                    referencing="REFERENCING OLD TABLE AS old_reactions ",
                    table="comments_reaction",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="reaction",
            trigger=pgtrigger.compiler.Trigger(
                name="count_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            INSERT INTO comments_tally (thread_id, comment_id, language, counted, reaction, amount)\n            SELECT thread_id, comment.id, '', 'reactions', kind,\n                sum(amount)\n            FROM (SELECT *, 1 AS amount FROM new_reactions UNION ALL SELECT *, -1 AS amount FROM old_reactions) AS reaction JOIN comments_comment AS comment ON comment.id = comment_id\n            GROUP BY comment.id, kind;\n            RETURN NULL;\n        ",
                    hash="7ac9937f67b5225d1f5f03dcab6cafd7d47e51de",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_count_update_310b5",
                    referencing="REFERENCING OLD TABLE AS old_reactions  NEW TABLE AS new_reactions ",
                    table="comments_reaction",
                    when="AFTER",
                ),
            ),
        ),
    ]
