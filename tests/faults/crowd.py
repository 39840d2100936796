"""What was said before: `python -m tests.faults.crowd SITE COMMENTS`, in the install's environment.

Fills threads of a site with so many comments by its readers, in bulk, and prints their ids as JSON.
"""

import json
import os
import sys

import django

EACH = 10_000
TOGETHER = 20


def fill(site: str, comments: int) -> list[str]:
    """Threads of ten thousand comments each."""
    import psycopg

    from accounts.models import User
    from bench.filling import Filling
    from comments.models import Thread

    threads = Thread.objects.bulk_create(Thread(site_id=site) for _ in range(comments // EACH))
    readers = list(User.objects.values_list("pk", flat=True)[:500])
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as database:
        Filling(database, readers, TOGETHER).fill([(each.pk, EACH) for each in threads])
        database.execute("VACUUM ANALYZE")
    return [str(each.pk) for each in threads]


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    print(json.dumps(fill(sys.argv[1], int(sys.argv[2]))))
