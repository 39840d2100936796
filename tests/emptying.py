"""How the database is emptied after a test that commits.

As Django's `flush`, which truncates every table and then makes all permissions anew; here only
what was written to is looked at.
"""

from django.db import connection
from psycopg import sql

from operations.backup.restoring import filled_tables


def empty() -> None:
    """Take away all rows but those that `migrate` made."""
    filled = filled_tables()
    if filled:
        names = sql.SQL(", ").join(map(sql.Identifier, filled))
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("TRUNCATE {} CASCADE").format(names))
