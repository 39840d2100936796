"""Where an export is laid out until it is stored: a file that goes with the run.

A comment needs its page, its author and what it answers, and each may come later in an export than
the comment does, or not at all. So all is put on disk first, in SQLite, which sorts and joins what
would not fit in memory; the site's database hears of nothing until the export is known to be whole.
"""

import hashlib
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from accounts.mailboxes import digest_of
from comments.services.loading import Place
from operations.moving.records import Markup, Mended, Page, Person, Record, Remark, Skipped

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LAID_AT_ONCE = 1_000
#: As long as a source's id is kept.
LONGEST_KEY = 200
SCHEMA = """
    PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -8000;
    CREATE TABLE page (
        key TEXT PRIMARY KEY, urls TEXT, identifier TEXT, thread TEXT, locale TEXT, url TEXT
    ) WITHOUT ROWID;
    CREATE TABLE person (key TEXT PRIMARY KEY, name TEXT, digest TEXT) WITHOUT ROWID;
    CREATE TABLE remark (
        number INTEGER PRIMARY KEY, key TEXT, page TEXT, parent TEXT, author TEXT,
        text TEXT, markup TEXT, created INTEGER, edited INTEGER, status TEXT, reason TEXT,
        up INTEGER, down INTEGER, thread TEXT, level INTEGER
    );
    CREATE TABLE place (
        key TEXT PRIMARY KEY, id TEXT, thread TEXT, created INTEGER,
        parent TEXT, root TEXT, answers TEXT, depth INTEGER, parent_depth INTEGER
    ) WITHOUT ROWID;
    CREATE TABLE told (what TEXT, key TEXT, why TEXT);
"""
INSERTS = {
    Page: "INSERT OR IGNORE INTO page (key, urls, identifier) VALUES (?, ?, ?)",
    # Who is named or has an address in one row has it in all.
    Person: "INSERT INTO person VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET"
    " name = iif(name = '', excluded.name, name),"
    " digest = iif(digest = '', excluded.digest, digest)",
    Remark: "INSERT INTO remark VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
    Skipped: "INSERT INTO told VALUES ('skipped', ?, ?)",
    Mended: "INSERT INTO told VALUES ('changed', ?, ?)",
    Place: "INSERT OR IGNORE INTO place VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
}
TWICE = "its id occurs twice"
NO_SUCH_PAGE = "its page is not in the file"
NO_ARTICLE = "there is no article at "
ALONE = "what it answers is not among them: it stands by itself"
CIRCLE = "it answers its own answers: it stands by itself"
#: After the last row is laid: each id once, the first.
SETTLE = f"""
    CREATE INDEX keys ON remark (key);
    INSERT INTO told SELECT 'skipped', key, '{TWICE}' FROM remark AS later WHERE EXISTS (
        SELECT 1 FROM remark WHERE key = later.key AND number < later.number
    );
    DELETE FROM remark WHERE EXISTS (
        SELECT 1 FROM remark AS earlier WHERE earlier.key = remark.key
        AND earlier.number < remark.number
    );
"""  # noqa: S608  (words of ours)
#: Once it is known which pages are ours.
PUT_ON_PAGES = f"""
    UPDATE remark SET thread = (SELECT thread FROM page WHERE page.key = remark.page);
    INSERT INTO told SELECT 'skipped', remark.key,
        iif(page.key IS NULL, '{NO_SUCH_PAGE}', '{NO_ARTICLE}' || coalesce(page.url, page.key))
    FROM remark LEFT JOIN page ON page.key = remark.page WHERE remark.thread IS NULL;
    DELETE FROM remark WHERE thread IS NULL;
    CREATE INDEX answers ON remark (parent);
    CREATE INDEX levels ON remark (level);
    UPDATE remark SET level = 0 WHERE parent IS NULL;
"""  # noqa: S608  (words of ours)
#: Below those of one level hang those of the next.
HANG = """
    UPDATE remark SET level = ?1 + 1 WHERE number IN (
        SELECT below.number FROM remark AS up JOIN remark AS below ON below.parent = up.key
        WHERE up.level = ?1 AND below.level IS NULL AND below.thread = up.thread
    )
"""
#: Where that is over: whose parent is nowhere, or on another page.
TELL_ALONE = f"""
    INSERT INTO told SELECT 'changed', key, '{ALONE}' FROM remark AS lost WHERE level IS NULL
    AND NOT EXISTS (SELECT 1 FROM remark WHERE key = lost.parent AND thread = lost.thread)
"""  # noqa: S608  (words of ours)
STAND_ALONE = """
    UPDATE remark SET parent = NULL, level = 0 WHERE level IS NULL AND NOT EXISTS (
        SELECT 1 FROM remark AS up WHERE up.key = remark.parent AND up.thread = remark.thread
    )
"""
TELL_CIRCLE = f"INSERT INTO told SELECT 'changed', key, '{CIRCLE}' FROM remark WHERE level IS NULL"  # noqa: S608
BREAK_CIRCLES = "UPDATE remark SET parent = NULL, level = 0 WHERE level IS NULL"
LINE_UP = """
    CREATE TABLE queue (position INTEGER PRIMARY KEY, number INTEGER);
    INSERT INTO queue (number) SELECT number FROM remark ORDER BY thread, level, number;
"""
NEXT = """
    SELECT remark.*, page.url, page.locale, person.key, person.name, person.digest, EXISTS (
        SELECT 1 FROM remark AS below
        WHERE below.parent = remark.key AND below.thread = remark.thread
    )
    FROM queue JOIN remark USING (number) JOIN page ON page.key = remark.page
    LEFT JOIN person ON person.key = remark.author
    WHERE position > ? ORDER BY position LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Laid:
    """A comment whose page is known, and that comes after what it answers. Where nobody is named,
    `author` is "".
    """

    key: str
    thread: UUID
    url: str
    locale: str
    parent: str | None
    author: str
    name: str
    digest: str
    text: str
    markup: Markup
    created_at: datetime
    edited_at: datetime | None
    status: str
    reason: str
    up_count: int
    down_count: int
    is_answered: bool


@contextmanager
def scratch() -> Iterator["Scratch"]:
    """An empty one, in the folder for temporary files; it takes about the size of the export."""
    with (
        tempfile.TemporaryDirectory(prefix="colloquy-import-") as folder,
        closing(sqlite3.connect(Path(folder) / "scratch", isolation_level=None)) as database,
    ):
        database.executescript(SCHEMA)
        yield Scratch(database)


class Scratch:
    """What was read of an export, and what is known of it by now."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self.database = database

    def lay(self, records: Iterable[Record]) -> None:
        """Put down all of a stream."""
        waiting: dict[type, list[tuple[Any, ...]]] = defaultdict(list)
        for number, record in enumerate(records, 1):
            waiting[type(record)].append(_row(record))
            if number % LAID_AT_ONCE == 0:
                self._put(waiting)
        self._put(waiting)
        self.database.executescript(SETTLE)

    def tell(self, what: str, told: Iterable[tuple[str, str]]) -> None:
        """Note what became of rows (key, why), where it is not what one would think."""
        self._put({Skipped if what == "skipped" else Mended: list(told)})

    # -- pages ------------------------------------------------------------------------------
    def pages(self, size: int) -> Iterator[list[Page]]:
        """The pages that are commented on, so many at a time."""
        last = ""
        while rows := self.database.execute(
            "SELECT key, urls, identifier FROM page WHERE key > ?"
            " AND key IN (SELECT page FROM remark) ORDER BY key LIMIT ?",
            (last, size),
        ).fetchall():
            yield [Page(key, tuple(urls.split("\n")), identifier) for key, urls, identifier in rows]
            last = rows[-1][0]

    def place_page(self, key: str, *, thread: UUID | None, locale: str, url: str) -> None:
        """Say where a page's comments go (None: nowhere), and its address among ours, or the one
        it was looked for under.
        """
        row = (str(thread) if thread else None, locale, url, key)
        self.database.execute("UPDATE page SET thread = ?, locale = ?, url = ? WHERE key = ?", row)

    # -- order ------------------------------------------------------------------------------
    def order(self) -> int:
        """Put all comments in an order in which each comes after what it answers, thread by
        thread. Gives how many there are.
        """
        self.database.executescript(PUT_ON_PAGES)
        self._hang_all()
        for tell, stand in ((TELL_ALONE, STAND_ALONE), (TELL_CIRCLE, BREAK_CIRCLES)):
            self.database.execute(tell)
            if self.database.execute(stand).rowcount:
                self._hang_all()
        self.database.executescript(LINE_UP)
        return int(self.database.execute("SELECT count(*) FROM queue").fetchone()[0])

    def _hang_all(self) -> None:
        level = 0
        while self.database.execute(HANG, (level,)).rowcount or self._has_level(level + 1):
            level += 1

    def _has_level(self, level: int) -> bool:
        found = self.database.execute("SELECT 1 FROM remark WHERE level = ? LIMIT 1", (level,))
        return found.fetchone() is not None

    def batch(self, *, after: int, size: int) -> list[Laid]:
        """The next of them."""
        return [_laid(row) for row in self.database.execute(NEXT, (after, size)).fetchall()]

    # -- places -----------------------------------------------------------------------------
    def remember(self, places: dict[str, Place]) -> None:
        """Keep where comments hang, for their replies."""
        self._put({Place: [_place_row(key, place) for key, place in places.items()]})

    def places(self, keys: Iterable[str]) -> dict[str, Place]:
        """Where these comments hang."""
        wanted = list(keys)
        marks = ", ".join("?" * len(wanted))
        rows = self.database.execute(f"SELECT * FROM place WHERE key IN ({marks})", wanted)  # noqa: S608
        return {row[0]: _place(row) for row in rows}

    # -- report -----------------------------------------------------------------------------
    def told(self) -> Iterator[tuple[str, str, str]]:
        """What was told: what, key, why; alike together."""
        yield from self.database.execute(
            "SELECT what, key, why FROM told ORDER BY what, why, rowid"
        )

    def told_counts(self) -> list[tuple[str, str, int, str]]:
        """The same by reason: what, why, how many, and the first key."""
        return self.database.execute(
            "SELECT what, why, count(*), min(key) FROM told"
            " GROUP BY what, why ORDER BY what, count(*) DESC, why"
        ).fetchall()

    def _put(self, rows: dict[type, list[tuple[Any, ...]]]) -> None:
        self.database.execute("BEGIN")
        for kind, some in rows.items():
            self.database.executemany(INSERTS[kind], some)
        self.database.execute("COMMIT")
        rows.clear()


def _row(record: Record) -> tuple[Any, ...]:
    """What is put down of a record, without what neither database takes."""
    return tuple(
        each.encode(errors="replace").decode().replace("\0", "") if isinstance(each, str) else each
        for each in _values(record)
    )


def _values(record: Record) -> tuple[Any, ...]:
    match record:
        case Page():
            return _key(record.key), "\n".join(record.urls), record.identifier
        case Person():
            return _key(record.key), record.name, digest_of(record.email)
        case Skipped() | Mended():
            return record.key, record.why
    is_gone = record.status == "withdrawn"
    return (
        _key(record.key),
        _key(record.page),
        _key(record.parent) if record.parent else None,
        "" if is_gone else _key(record.author),
        "" if is_gone else record.text,
        record.markup,
        _microseconds(record.created_at),
        _microseconds(record.edited_at) if record.edited_at else None,
        record.status.value,
        record.reason,
        record.up_count,
        record.down_count,
    )


def _laid(row: Sequence[Any]) -> Laid:
    (_number, key, _page, parent, _author, text, markup, created, edited, *rest) = row
    status, reason, up, down, thread, _level, url, locale, author, name, digest, answered = rest
    return Laid(
        key=key,
        thread=UUID(thread),
        url=url,
        locale=locale,
        parent=parent,
        author=author or "",
        name=name or "",
        digest=digest or "",
        text=text,
        markup=Markup(markup),
        created_at=_moment(created),
        edited_at=None if edited is None else _moment(edited),
        status=status,
        reason=reason,
        up_count=up,
        down_count=down,
        is_answered=bool(answered),
    )


def _place_row(key: str, place: Place) -> tuple[Any, ...]:
    above = (place.parent_id, place.root_id, place.answers_id)
    return (
        key,
        str(place.id),
        str(place.thread_id),
        _microseconds(place.created_at),
        *(str(each) if each else None for each in above),
        place.depth,
        place.parent_depth,
    )


def _place(row: Sequence[Any]) -> Place:
    _key, own, thread, created, parent, root, answers, depth, parent_depth = row
    return Place(
        id=UUID(own),
        thread_id=UUID(thread),
        created_at=_moment(created),
        parent_id=UUID(parent) if parent else None,
        root_id=UUID(root) if root else None,
        answers_id=UUID(answers) if answers else None,
        depth=depth,
        parent_depth=parent_depth,
    )


def _key(key: str) -> str:
    """An id as it is kept: a digest of one that is longer."""
    if len(key) <= LONGEST_KEY:
        return key
    return "~" + hashlib.sha256(key.encode(errors="replace")).hexdigest()


def _microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND


def _moment(microseconds: int) -> datetime:
    return EPOCH + microseconds * MICROSECOND
