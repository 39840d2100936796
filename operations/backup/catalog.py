"""What PostgreSQL's catalog says of the schema that our tables stand in.

Everything is asked of the catalog, nothing of the models: a table, trigger or sequence that a
migration made by hand is in the backup like any other.
"""

import json
from dataclasses import dataclass

from django.db import connection
from psycopg import sql

#: However a server or role is set up: a table's text is the same, what takes long may, and who
#: meets somebody else's lock does not wait for ever.
SESSION = {
    "bytea_output": "hex",
    "client_encoding": "UTF8",
    "DateStyle": "ISO, YMD",
    "extra_float_digits": "1",
    "idle_in_transaction_session_timeout": "0",
    "IntervalStyle": "postgres",
    "lock_timeout": "10s",
    "row_security": "off",
    "statement_timeout": "0",
    "TimeZone": "UTC",
    "transaction_timeout": "0",
    "work_mem": "64MB",
}


@dataclass(frozen=True)
class Table:
    """A table's columns (without generated ones) and those that its rows are sorted by: the
    primary key, or all where there is none; text by code point.
    """

    name: str
    columns: list[str]
    order: list[str]
    by_code_point: list[str]

    @property
    def copy_out(self) -> sql.Composed:
        """The statement that gives the rows in an order that is the same on every server."""
        order = [
            sql.SQL("{} COLLATE {}").format(sql.Identifier(name), sql.Identifier("C"))
            if name in self.by_code_point
            else sql.Identifier(name)
            for name in self.order
        ]
        return sql.SQL("COPY (SELECT {} FROM {} ORDER BY {}) TO STDOUT").format(
            _names(self.columns), sql.Identifier(self.name), sql.SQL(", ").join(order)
        )

    @property
    def copy_in(self) -> sql.Composed:
        """The statement that takes what `copy_out` gave."""
        return sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(self.name), _names(self.columns)
        )


@dataclass(frozen=True)
class Sequence:
    """A sequence, the column it belongs to (or none), and how far it has come."""

    name: str
    table: str | None
    column: str | None
    last: int | None
    is_big: bool


def settle_session() -> None:
    """For the rest of this transaction let values look as they do everywhere. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config(name, %s::jsonb ->> name, true) FROM pg_settings"
            " WHERE name = ANY(%s)",
            [json.dumps(SESSION), list(SESSION)],
        )


def table_names() -> list[str]:
    """All tables of the schema but those that belong to an extension. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
            " AND relnamespace = current_schema()::regnamespace"
            " AND NOT EXISTS (SELECT FROM pg_depend WHERE deptype = 'e'"
            " AND classid = 'pg_class'::regclass AND objid = pg_class.oid)"
            ' ORDER BY relname COLLATE "C"'
        )
        return [name for (name,) in cursor.fetchall()]


def tables() -> list[Table]:
    """The same with their columns. One more query."""
    return [_table(name, columns) for name, columns in _columns(table_names()).items()]


def sizes(names: list[str]) -> dict[str, int]:
    """About how many bytes each table's rows take. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, pg_table_size(quote_ident(name)::regclass)"
            " FROM unnest(%s::text[]) AS name",
            [names],
        )
        return dict(cursor.fetchall())


def sequences() -> list[Sequence]:
    """All sequences of the schema. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT sequence.relname::text, owner.relname::text, attname::text,
                pg_sequence_last_value(sequence.oid::regclass), seqtypid = 'bigint'::regtype
            FROM pg_class sequence
            JOIN pg_sequence ON seqrelid = sequence.oid
            LEFT JOIN pg_depend owned ON objid = sequence.oid AND classid = 'pg_class'::regclass
                AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i')
            LEFT JOIN pg_class owner ON owner.oid = refobjid
            LEFT JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
            WHERE sequence.relnamespace = current_schema()::regnamespace
            AND NOT EXISTS (SELECT FROM pg_depend WHERE deptype = 'e'
                AND classid = 'pg_class'::regclass AND objid = sequence.oid)
            ORDER BY sequence.relname COLLATE "C"
            """
        )
        return [Sequence(*row) for row in cursor.fetchall()]


def foreign_keys() -> list[tuple[str, str, str]]:
    """Table, name and definition of each foreign key. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname::text, conname::text, pg_get_constraintdef(pg_constraint.oid)"
            " FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid"
            " WHERE contype = 'f' AND conparentid = 0"
            " AND connamespace = current_schema()::regnamespace ORDER BY 1, 2"
        )
        return list(cursor.fetchall())


def triggers() -> list[tuple[str, str, str]]:
    """Table, name and mode (as the catalog has it) of each trigger that is on. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname::text, tgname::text, tgenabled::text"
            " FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
            " WHERE NOT tgisinternal AND tgenabled <> 'D' AND tgparentid = 0"
            " AND relnamespace = current_schema()::regnamespace ORDER BY 1, 2"
        )
        return list(cursor.fetchall())


def trigger_functions() -> list[str]:
    """Signatures of the functions that triggers of ours run, as SQL names them. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT oid::regprocedure::text FROM pg_proc WHERE prorettype = 'trigger'::regtype"
            " AND pronamespace = current_schema()::regnamespace"
            " AND pg_has_role(proowner, 'USAGE')"
            " AND NOT EXISTS (SELECT FROM pg_depend WHERE deptype = 'e'"
            " AND classid = 'pg_proc'::regclass AND objid = pg_proc.oid)"
        )
        return [signature for (signature,) in cursor.fetchall()]


def other_connections() -> list[str]:
    """Who else is connected to this database under our name: addresses, or `local`. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(host(client_addr), 'local') || ' (pid ' || pid || ')'"
            " FROM pg_stat_activity WHERE datname = current_database()"
            " AND usename = current_user AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend' ORDER BY pid"
        )
        return [where for (where,) in cursor.fetchall()]


def _columns(names: list[str]) -> dict[str, list[tuple[str, bool, bool]]]:
    """For each table its columns: name, whether in the primary key, whether sorted by a locale."""
    found: dict[str, list[tuple[str, bool, bool]]] = {name: [] for name in names}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT relname::text, attname::text, attnum = ANY(indkey), attcollation <> 0
            FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
            LEFT JOIN pg_index ON indrelid = pg_class.oid AND indisprimary
            WHERE relname = ANY(%s) AND relnamespace = current_schema()::regnamespace
            AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
            ORDER BY relname, attnum
            """,
            [names],
        )
        for table, column, is_key, by_locale in cursor.fetchall():
            found[table].append((column, bool(is_key), by_locale))
    return found


def _table(name: str, columns: list[tuple[str, bool, bool]]) -> Table:
    keys = [column for column in columns if column[1]] or columns
    return Table(
        name=name,
        columns=[column for column, _, _ in columns],
        order=[column for column, _, _ in keys],
        by_code_point=[column for column, _, by_locale in keys if by_locale],
    )


def _names(columns: list[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))
