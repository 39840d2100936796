import django.db.models.lookups
from django.db import migrations, models

import publishers.reactions


class Migration(migrations.Migration):
    dependencies = [
        ("publishers", "0005_sso_keys_on_record"),
    ]

    operations = [
        migrations.AddField(
            model_name="site",
            name="reactions",
            field=models.JSONField(
                blank=True,
                db_default=[
                    {"emoji": "🤝", "kind": "respect", "label": ""},
                    {"emoji": "💡", "kind": "insightful", "label": ""},
                    {"emoji": "😄", "kind": "funny", "label": ""},
                    {"emoji": "😢", "kind": "sad", "label": ""},
                ],
                default=publishers.reactions.usual,
                validators=[publishers.reactions.check],
                verbose_name="reactions",
            ),
        ),
        migrations.AddConstraint(
            model_name="site",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.LessThanOrEqual(
                    models.Func(
                        "reactions",
                        function="jsonb_array_length",
                        output_field=models.IntegerField(),
                    ),
                    8,
                ),
                name="site_reactions_few",
            ),
        ),
    ]
