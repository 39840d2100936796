"""What editions of earlier releases are found by; the terms are those of `articles.titles` then."""

import re
import unicodedata

from django.db import migrations, transaction

AT_ONCE = 1_000
CJK = "\u3005\u3041-\u3096\u30a1-\u30fa\u30fc\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"
RUNS = re.compile(rf"([{CJK}]+)|([^\W_{CJK}]+)")


def terms(title):
    found = set()
    for run, word in RUNS.findall(unicodedata.normalize("NFKC", title).casefold()):
        if run:
            found |= {*(run[at : at + 2] for at in range(len(run) - 1)), run[-1]}
        else:
            parts = unicodedata.normalize("NFD", word)
            found.add("".join(each for each in parts if not unicodedata.combining(each)))
    return sorted(found - {""})


def fill(apps, schema_editor):
    editions = apps.get_model("articles", "Edition").objects
    while rows := list(editions.filter(title_terms=None).values_list("pk", "title")[:AT_ONCE]):
        with transaction.atomic(), schema_editor.connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE articles_edition SET title_terms = array_to_tsvector(%s::text[])"
                " WHERE id = %s",
                [(terms(title), pk) for pk, title in rows],
            )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("articles", "0003_indexes_of_articles"),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
