"""What `export_site` wrote becomes a site again: with the same ids, so that links to its comments
lead on, and so that a second run finds what the first one stored.

The file says who wrote what and what was decided; take it from those you trust. HTML is not in it:
texts are rendered here, like anybody's.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby, islice
from typing import Any
from uuid import UUID

import orjson
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import ForeignKey

from accounts.models import Placeholder, User
from comments import rendering
from comments.models import Comment
from comments.services import counting, loading
from operations.moving.formats import jsonstream
from operations.moving.kept import FORMAT, KEPT, PEOPLE, SETTINGS, VERSION, Kept
from operations.moving.records import BadExport
from operations.moving.source import Source
from publishers.models import Site

AT_ONCE = 500
Row = dict[str, Any]
#: Whether these may stand in a column, the database knows.
EMPTY: tuple[Any, ...] = ("", None, [], {})
BY_KIND = {kept.kind: kept for kept in KEPT}


@dataclass
class Report:
    """How many rows of each kind the file has, and how many of them were not there."""

    site_id: UUID
    site_name: str
    dry_run: bool
    found: Counter[str] = field(default_factory=Counter)
    stored: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def as_json(self) -> Row:
        return {
            "site": {"id": str(self.site_id), "name": self.site_name},
            "from": FORMAT,
            "dry_run": self.dry_run,
            "found": dict(self.found),
            "imported": {kind: self.stored[kind] for kind in self.found},
            "seconds": round(self.seconds, 1),
        }


def restore(source: Source, *, site: Site | None, dry_run: bool = False) -> Report:
    """Store what the file has and the database has not, in `site` or in the one the file is of,
    made if it is not there. The file is read to its end before anything is stored. Raises BadExport
    for a file that is not as we write it, django's DatabaseError where its rows do not fit together
    with what is there.
    """
    begun = time.monotonic()
    start, found = _checked(source)
    settings = start["site"]
    report = Report(UUID(settings["id"]), settings["name"], dry_run, found)
    with transaction.atomic():
        site = site or _site(settings)
        report.site_id, report.site_name = site.pk, site.name
        transaction.set_rollback(dry_run)
    restorer = _Restorer(site, report)
    with source.stream() as stream:
        for kind, rows in groupby(jsonstream.lines(stream), key=lambda row: str(row["line"])):
            if kind not in (FORMAT, "end"):
                for some in _batches(rows):
                    restorer.store(kind, some)
    report.seconds = time.monotonic() - begun
    return report


def _checked(source: Source) -> tuple[Row, Counter[str]]:
    """The first line, and how many there are of each kind. Raises BadExport."""
    counts: Counter[str] = Counter()
    order = [FORMAT, "person", *BY_KIND, "end"]
    start: Row = {}
    row: Row = {}
    with source.stream() as stream:
        at = 0
        for number, row in enumerate(jsonstream.lines(stream), 1):
            kind = row.get("line")
            if kind not in order[at:]:
                raise BadExport(f"{stream.name}, line {number}: {kind!r} is not expected here.")
            at = order.index(kind)
            if number == 1:
                start = _start(row, stream.name)
            counts[kind] += 1
    del counts[FORMAT]
    if row.get("line") != "end" or counts.pop("end") != 1 or row.get("lines") != counts.total():
        raise BadExport(f"{source.path.name} is not whole: its last lines are missing.")
    return start, counts


def _start(row: Row, name: str) -> Row:
    """The first line, if it is one of ours."""
    if row.get("line") != FORMAT or row.get("version") != VERSION:
        raise BadExport(f"{name} was not written by export_site, or by another version of it.")
    settings = row.get("site")
    if not isinstance(settings, dict) or not {"id", "origins", *SETTINGS} <= set(settings):
        raise BadExport(f"{name} does not say what site it is of.")
    return row


def _site(settings: Row) -> Site:
    """The site a file is of, made if it is not there."""
    site = Site.objects.filter(pk=settings["id"]).first()
    if site is None:
        site = Site(pk=UUID(settings["id"]), **{name: settings[name] for name in SETTINGS})
        _check(site.full_clean, "its settings")
        site.save(force_insert=True)
        for origin in settings["origins"]:
            site.origins.create(origin=origin)
    return site


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while some := list(islice(rows, AT_ONCE)):
        yield some


class _Restorer:
    """Stores rows, a batch in a transaction. A dry run takes each batch back."""

    def __init__(self, site: Site, report: Report) -> None:
        self.site, self.report = site, report

    def store(self, kind: str, rows: list[Row]) -> None:
        """Store those that are not there, and see that they are counted."""
        with transaction.atomic():
            loading.take_turns()
            stored = self._people(rows) if kind == "person" else self._rows(BY_KIND[kind], rows)
            if kind == "comment":
                counting.count_arrivals(stored)
            self.report.stored[kind] += len(stored)
            transaction.set_rollback(self.report.dry_run)
        while not self.report.dry_run and counting.fold():
            pass

    def _people(self, rows: list[Row]) -> list[Any]:
        """Accounts that nobody can sign in to, under the ids they had. Three queries."""
        known = User.objects.in_bulk([row["id"] for row in rows])
        fresh = [row for row in rows if UUID(row["id"]) not in known]
        users = [
            User(
                **{name: row[name] for name in PEOPLE},
                email=f"{row['id']}@{FORMAT}.invalid",
                password=make_password(None),
            )
            for row in fresh
        ]
        for user in users:
            _check(partial(user.clean_fields, exclude={"avatar", "name"}), "person")
        User.objects.bulk_create(users)
        # Django says when a row was made; here it was said before.
        joined = [row["joined_at"] for row in fresh]
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE accounts_user AS held SET joined_at = said.joined_at"
                " FROM unnest(%s::uuid[], %s::timestamptz[]) AS said (id, joined_at)"
                " WHERE held.id = said.id",
                [[user.pk for user in users], joined],
            )
        Placeholder.objects.bulk_create(
            Placeholder(
                user_id=row["id"], site=self.site, source=row["source"], digest=row["digest"]
            )
            for row in fresh
        )
        return fresh

    def _rows(self, kept: Kept, rows: list[Row]) -> list[Any]:
        """The keys of those that were not there. One statement: the database reads the values of
        each row by its own types.
        """
        whole = [self._whole(kept, row) for row in rows]
        columns = [
            field.column
            for field in kept.model._meta.local_concrete_fields
            if whole and field.column in whole[0]
        ]
        names = ", ".join(f'"{column}"' for column in columns)
        table = f'"{kept.model._meta.db_table}"'
        same = " AND ".join(f"held.{column} = said.{column}" for column in kept.key)
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} ({names}) SELECT {names}"  # noqa: S608  (names of ours)
                f" FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb) AS said"
                f" WHERE NOT EXISTS (SELECT 1 FROM {table} AS held WHERE {same})"
                f" RETURNING {kept.key[0]}",
                [orjson.dumps(whole).decode()],
            )
            return [found for (found,) in cursor.fetchall()]

    def _whole(self, kept: Kept, row: Row) -> Row:
        """A line as a row of its table: checked, with what is made here."""
        fields = kept.fields
        if set(row) != {"line", *(field.attname for field in fields)}:
            raise BadExport(f"A line of kind {kept.kind} has other fields than ours have.")
        instance = kept.model(**{field.attname: row[field.attname] for field in fields})
        looked_at = {
            field.name
            for field in fields
            if not isinstance(field, ForeignKey) and row[field.attname] not in EMPTY
        }
        aside = {field.name for field in kept.model._meta.fields} - looked_at
        _check(partial(instance.clean_fields, exclude=aside), kept.kind)
        whole: Row = {str(field.column): row[field.attname] for field in fields}
        whole |= {str(field.column): field.get_default() for field in kept.filled_in}
        if kept.site in {field.name for field in kept.model._meta.fields}:
            whole[f"{kept.site}_id"] = str(self.site.pk)
        if kept.model is Comment:
            whole["body_html"] = rendering.to_html(row["body"])
            whole["renderer_version"] = rendering.RENDERER_VERSION
        return whole


def _check(clean: Callable[[], None], what: str) -> None:
    try:
        clean()
    except ValidationError as fault:
        raise BadExport(f"A line of kind {what} is not sound: {fault.messages[0]}") from fault
    except (TypeError, ValueError, AttributeError) as fault:
        raise BadExport(f"A line of kind {what} is not sound: {fault}") from fault
