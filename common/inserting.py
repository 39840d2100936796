"""Rows of several models stored by one statement: one round trip, one commit, all or nothing."""

from collections.abc import Iterable, Sequence
from enum import Enum
from functools import lru_cache
from itertools import groupby
from typing import Any, cast

from django.db import connection, models
from django.db.models import Field, Model
from django.db.models.fields import NOT_PROVIDED as NONE
from django.db.models.fields import AutoFieldMixin

from common.postgresql.base import DatabaseWrapper

#: Fields whose values psycopg knows as they are.
AS_IT_IS = {
    models.BooleanField,
    models.CharField,
    models.DateTimeField,
    models.FloatField,
    models.ForeignKey,
    models.IntegerField,
    models.PositiveIntegerField,
    models.PositiveSmallIntegerField,
    models.SmallIntegerField,
    models.TextField,
    models.UUIDField,
}

#: SQL with its parameters.
Clause = tuple[str, Sequence[Any]]


def insert_all(
    rows: Iterable[Model], *, gate: Clause | None = None, also: Clause = ("", ())
) -> bool:
    """Insert `rows`; tell whether they are stored. One statement.

    `gate` is an INSERT … RETURNING that decides: where it gives no row, nothing at all is stored.
    `also` is one more INSERT … SELECT … FROM gate. Ids are made by the application: the rows
    learn nothing from the database. Foreign keys are checked when all rows are there.
    """
    groups = [(model, list(some)) for model, some in groupby(rows, key=type)]
    gate_sql, gate_values = gate or ("SELECT 1", ())
    sql = _statement(tuple((model, len(some)) for model, some in groups), gate_sql, also[0])
    values = [*gate_values]
    for model, some in groups:
        values += [_value(row, field) for row in some for field in _columns(model)]
    return execute(sql, [*values, *also[1]]) == (1,)


def _value(row: Model, field: "Field[Any, Any]") -> Any:
    """What psycopg is given for a field: for most what the row holds, without further ado."""
    if type(field) not in AS_IT_IS or getattr(field, "auto_now_add", False):
        return field.get_db_prep_save(field.pre_save(row, True), connection)
    value = getattr(row, field.attname)
    return value.value if isinstance(value, Enum) else value


def execute(sql: str, values: Sequence[Any]) -> tuple[Any, ...] | None:
    """Run a statement, prepared once for each connection, and give its first row."""
    with _cursor() as cursor:
        cursor.execute(_numbered(sql), values)
        return cast("tuple[Any, ...] | None", cursor.fetchone())


def fetch(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The same, and give all its rows."""
    with _cursor() as cursor:
        cursor.execute(_numbered(sql), values)
        return cast("list[tuple[Any, ...]]", cursor.fetchall())


def _cursor() -> Any:
    return cast(DatabaseWrapper, connection).raw_cursor()


@lru_cache(maxsize=256)
def _numbered(sql: str) -> str:
    """`sql` with PostgreSQL's own placeholders: psycopg would look for ours anew each time."""
    first, *rest = sql.replace("%%", "%").split("%s")
    return first + "".join(f"${number}{part}" for number, part in enumerate(rest, start=1))


@lru_cache(maxsize=256)
def _statement(shape: tuple[tuple[type[Model], int], ...], gate: str, also: str) -> str:
    parts = [f"gate AS ({gate})"]
    for number, (model, count) in enumerate(shape):
        columns = _columns(model)
        names = ", ".join(f'"{field.column}"' for field in columns)
        row = ", ".join(f"%s::{_type_of(field)}" for field in columns)
        rows = ", ".join([f"({row})"] * count)
        insert = f'INSERT INTO "{model._meta.db_table}" ({names})'
        source = f"SELECT part.* FROM (VALUES {rows}) AS part, gate"  # noqa: S608  (names of ours)
        parts.append(f"part{number} AS ({insert} {source})")
    if also:
        parts.append(f"also AS ({also})")
    return f"WITH {', '.join(parts)} SELECT count(*) FROM gate"  # noqa: S608  (the same)


@lru_cache
def _columns(model: type[Model]) -> list["Field[Any, Any]"]:
    """What an insert names: all but what the database itself fills in."""
    return [
        field
        for field in model._meta.local_concrete_fields
        if not isinstance(field, AutoFieldMixin) and field.db_default is NONE
    ]


def _type_of(field: "Field[Any, Any]") -> str:
    """The column's type without its length: a cast to `varchar(9)` would cut what is too long."""
    whole = field.db_type(connection)
    assert whole is not None
    return whole.partition("(")[0]
