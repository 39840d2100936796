"""A site's whole conversation as one file of lines, as of one moment. The same rows give the same
bytes, wherever they are.
"""

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
from allauth.account.models import EmailAddress
from django.db import connection, transaction

from accounts.mailboxes import digest_of
from accounts.models import Placeholder, User
from operations.moving.kept import FORMAT, KEPT, PEOPLE, SETTINGS, VERSION
from operations.progress import Meter
from publishers.models import Site

AT_ONCE = 2_000
Row = dict[str, Any]


@dataclass(frozen=True)
class Report:
    """How many lines of each kind were written, and where to."""

    file: Path
    counts: dict[str, int]

    def as_json(self) -> Row:
        return {"file": str(self.file), "counts": self.counts}


def export(site: Site, file: Path, *, meter: Meter) -> Report:
    """Write `file` (gzipped where its name ends in .gz); it has its name once it is whole.

    It holds texts and names of readers, rejected ones as well, and of their addresses digests.
    Raises OSError.
    """
    part = file.with_name(f".{file.name}.part")
    counts: dict[str, int] = {}
    try:
        with part.open("xb") as raw:
            part.chmod(0o600)
            if file.suffix == ".gz":
                with gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed:
                    _write(site, packed.write, counts, meter)
            else:
                _write(site, raw.write, counts, meter)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return Report(file, counts)


def _write(site: Site, write: Callable[[bytes], Any], counts: dict[str, int], meter: Meter) -> None:
    meter.begin("exporting", len(KEPT) + 1)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
        write(_line(FORMAT, {"version": VERSION, "site": _settings(site)}))
        for number, (kind, rows) in enumerate(_tables(site)):
            counts[kind] = 0
            for row in rows:
                write(_line(kind, row))
                counts[kind] += 1
            meter.reach(number + 1)
        write(_line("end", {"lines": sum(counts.values())}))


def _tables(site: Site) -> Iterator[tuple[str, Iterator[Row]]]:
    yield "person", _people(site)
    for kept in KEPT:
        names = [field.attname for field in kept.fields]
        rows = kept.rows(site).values_list(*names).iterator(chunk_size=AT_ONCE)
        yield kept.kind, (dict(zip(names, row, strict=True)) for row in rows)


def _settings(site: Site) -> Row:
    origins = list(site.origins.order_by("origin").values_list("origin", flat=True))
    settings = {name: getattr(site, name) for name in SETTINGS}
    return {"id": site.pk, **settings, "origins": origins}


def _people(site: Site) -> Iterator[Row]:
    """Everybody whom another row names. Who has an account here has a digest of the address that
    they verified; who stands for somebody, of the one they had.
    """
    named = [
        kept.rows(site).order_by().values_list(name) for kept in KEPT for name in kept.readers()
    ]
    people = User.objects.filter(pk__in=named[0].union(*named[1:])).order_by("pk")
    found = people.iterator(chunk_size=AT_ONCE)
    while some := list(islice(found, AT_ONCE)):
        stand_ins = Placeholder.objects.in_bulk([user.pk for user in some])
        verified = EmailAddress.objects.filter(user__in=some, verified=True, primary=True)
        mailboxes = dict(verified.values_list("user_id", "email"))
        for user in some:
            stand_in = stand_ins.get(user.pk)
            yield {name: getattr(user, name) for name in PEOPLE} | {
                "source": stand_in.source if stand_in else FORMAT,
                "digest": stand_in.digest if stand_in else digest_of(mailboxes.get(user.pk, "")),
            }


def _line(kind: str, row: Row) -> bytes:
    return orjson.dumps({"line": kind, **row}, option=orjson.OPT_APPEND_NEWLINE)
