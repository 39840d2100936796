"""`backup` and `restore`: as it was at one moment, all of it or nothing."""

import json
import stat
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import DatabaseError

from comments.models import Comment, ThreadSlot, Verdict
from comments.services import lifecycle
from comments.states import Status
from notifications.models import MailDelivery, Restoration
from notifications.states import DeliveryState
from operations.backup import catalog, restoring, taking
from operations.backup.archive import MANIFEST, Stretch
from operations.progress import Meter
from outbox.models import OutboxRow
from outbox.services import relay
from tests.factories import CommentFactory, ReaderFactory, VerdictFactory

pytestmark = pytest.mark.django_db(transaction=True)


class Silent(Meter):
    """Tells nobody how far it is."""

    def begin(self, what, total):
        pass

    def reach(self, done):
        pass


class Once(Silent):
    """Does something at the first step of a stretch."""

    def __init__(self, what, act):
        self.what, self.act = what, act
        self.current = None

    def begin(self, what, total):
        self.current = what

    def reach(self, done):
        if self.current == self.what and self.act:
            act, self.act = self.act, None
            act()


@pytest.fixture
def parent():
    """A comment with a reply, whose mail is due, and a verdict."""
    parent = CommentFactory(author=ReaderFactory(name="Minji"))
    VerdictFactory(comment=parent)
    lifecycle.post(author=ReaderFactory(), thread=parent.thread, parent=parent, body="Yes.")
    for row in OutboxRow.objects.filter(event="comments.CommentPosted"):
        relay.deliver(row.pk)
    return parent


@pytest.fixture
def file(tmp_path):
    return tmp_path / "there.zip"


@contextmanager
def elsewhere() -> Iterator[None]:
    """Have an empty database in the place of the tests' own, of a role that may nothing else."""
    home = dict(connection.settings_dict)
    asked = {"user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    where = {ours: home[name] for ours, name in asked.items()}
    name, password = f"{home['NAME']}_elsewhere", "of-this-test"
    with psycopg.connect(dbname=home["NAME"], **where, autocommit=True) as server:
        server.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
        server.execute(f"CREATE DATABASE {name} OWNER {name}")
        connection.close()
        connection.settings_dict.update(NAME=name, USER=name, PASSWORD=password)
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict.update(home)
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
            server.execute(f"DROP ROLE {name}")


def run(command, *args, **options):
    """What a command prints, read as JSON."""
    told = StringIO()
    call_command(command, *map(str, args), json=True, stdout=told, **options)
    return json.loads(told.getvalue())


def refused(*args, **options):
    """The sentence with which `restore` refuses."""
    with pytest.raises(CommandError) as refusal:
        run("restore", *args, **options)
    return str(refusal.value)


def sums():
    """What every table comes to."""
    with transaction.atomic():
        catalog.settle_session()
        found = {}
        for table in catalog.tables():
            rows = taking.Outgoing(table, Stretch(Silent(), "", 1))
            list(rows)
            found[table.name] = rows.sum
    return found


def shape():
    """Keys and triggers, as the catalog has them."""
    return catalog.foreign_keys(), catalog.triggers()


def rewrite(file, change):
    """Let the manifest of a backup say something else."""
    with zipfile.ZipFile(file) as old:
        members = {name: old.read(name) for name in old.namelist()}
    manifest = json.loads(members[MANIFEST])
    change(manifest)
    members[MANIFEST] = json.dumps(manifest).encode()
    with zipfile.ZipFile(file, "w") as new:
        for name, held in members.items():
            new.writestr(name, held)


#: What a restore itself changes, once it has found every table equal.
CHANGED_ON_PURPOSE = {
    "comments_threadslot",  # versions never go back
    "notifications_maildelivery",  # what was due is set aside
    "notifications_restoration",  # it is on record
}


def at_once(act):
    """Do something beside us, by another connection, to its end."""

    def whole():
        act()
        connections.close_all()

    beside = threading.Thread(target=whole)
    beside.start()
    beside.join()


def interrupt():
    raise KeyboardInterrupt


def test_an_empty_database_becomes_what_an_older_release_backed_up(parent, file):
    shape_now = shape()
    with as_of_an_older_release():
        before = sums()
        run("backup", file)

    with elsewhere():
        told = run("restore", file)

        after = sums()
        assert told["tables"] == {name: asdict(each) for name, each in before.items()}
        changed = {name for name in before if before[name] != after[name]}
        assert changed == CHANGED_ON_PURPOSE | {"django_migrations"}
        assert shape() == shape_now
        executor = MigrationExecutor(connection)
        assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []
        with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
            Verdict.objects.update(reason="another")
        with pytest.raises(DatabaseError, match=r"use lifecycle\.move"), transaction.atomic():
            Comment.objects.update(status=Status.HELD)


@contextmanager
def as_of_an_older_release() -> Iterator[None]:
    """Without the tables of `operations`, which no other refers to."""
    call_command("migrate", "operations", "zero", verbosity=0)
    try:
        yield
    finally:
        call_command("migrate", verbosity=0)


def test_it_is_all_of_one_moment_while_readers_go_on(parent, file):
    before = sums()

    def post():
        CommentFactory(thread=parent.thread)

    taking.take(file, meter=Once("backup", lambda: at_once(post)))
    assert Comment.objects.count() == 3

    manifest = restoring.check(file, meter=Silent())
    assert {each.table.name: each.sum for each in manifest.tables} == before


def test_a_backup_is_for_its_owners_eyes_and_says_when_it_was_taken(parent, tmp_path):
    report = run("backup", tmp_path)

    [path] = tmp_path.iterdir()
    assert report["file"] == str(path)
    assert path.name.startswith("colloquy-20")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert run("restore", path, check=True)["taken_at"] == report["taken_at"]


def test_an_interrupted_backup_leaves_nothing_behind(parent, file):
    with pytest.raises(KeyboardInterrupt):
        taking.take(file, meter=Once("backup", interrupt))

    assert list(file.parent.iterdir()) == []


def test_a_backup_never_takes_another_files_place(parent, file):
    file.write_text("kept")

    with pytest.raises(CommandError, match="is there already"):
        run("backup", file)

    assert file.read_text() == "kept"


@pytest.mark.parametrize("member", ["tables/comments_comment.copy", MANIFEST])
def test_a_file_with_one_wrong_byte_is_found_out_and_changes_nothing(parent, file, member):
    run("backup", file)
    with zipfile.ZipFile(file) as archive:
        held = archive.getinfo(member)
    content = bytearray(file.read_bytes())
    content[held.header_offset + 100 + held.compress_size // 2] ^= 0xFF
    file.write_bytes(content)
    before = sums()

    assert "is no whole backup" in refused(file, check=True)
    assert "is no whole backup" in refused(file, replace=True, yes=True)
    assert sums() == before


def test_a_file_that_was_cut_short_is_found_out(parent, file):
    run("backup", file)
    file.write_bytes(file.read_bytes()[:-1_000])

    assert "is no whole backup" in refused(file, check=True)


def test_a_table_that_is_not_what_the_manifest_says_is_found_out(parent, file):
    run("backup", file)
    rewrite(file, lambda manifest: manifest["tables"][0].update(rows=10**6))

    assert "is not what the manifest says" in refused(file, check=True)


def test_a_database_that_is_not_empty_is_left_alone(parent, file):
    run("backup", file)

    assert "This database is not empty" in refused(file)
    assert "Say --yes as well" in refused(file, replace=True)
    assert Comment.objects.count() == 2
    assert not Restoration.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest: manifest.update(colloquy="99.0.0"),
        lambda manifest: manifest["migrations"].append(["comments", "9999_from_tomorrow"]),
    ],
    ids=["release", "migration"],
)
def test_a_backup_of_a_newer_release_is_refused(parent, file, change):
    run("backup", file)
    rewrite(file, change)

    assert "Install the release that it was taken with" in refused(file, replace=True, yes=True)


def test_nothing_is_restored_while_somebody_else_is_connected(parent, file):
    run("backup", file)
    other = connection.copy()
    try:
        other.ensure_connection()
        assert "Somebody else is connected" in refused(file, replace=True, yes=True)
    finally:
        other.close()


@pytest.mark.parametrize("stretch", ["checking", "loading", "comparing"])
def test_an_interrupted_restore_changes_nothing(parent, file, stretch):
    run("backup", file)
    CommentFactory(thread=parent.thread)
    before, shape_before = sums(), shape()

    with pytest.raises(KeyboardInterrupt):
        restoring.restore(file, replace=True, meter=Once(stretch, interrupt))

    assert (sums(), shape()) == (before, shape_before)


def test_neither_versions_nor_ids_go_back(parent, file):
    run("backup", file)
    for _ in range(3):
        CommentFactory(thread=parent.thread)
        lifecycle.post(author=ReaderFactory(), thread=parent.thread, body="Lost soon.")
    seen = version(parent.thread)
    last_row = OutboxRow.objects.latest("pk").pk

    run("restore", file, replace=True, yes=True)

    assert version(parent.thread) > seen
    lifecycle.post(author=ReaderFactory(), thread=parent.thread, body="After it.")
    assert OutboxRow.objects.latest("pk").pk > last_row


def test_what_was_due_is_set_aside_by_the_restore_itself(parent, file):
    run("backup", file)

    told = run("restore", file, replace=True, yes=True)

    assert told["deliveries_set_aside"] == 1
    assert MailDelivery.objects.get().state == DeliveryState.SET_ASIDE
    assert Restoration.objects.get().backup_taken_at.isoformat() == told["taken_at"]


def test_a_database_that_came_back_by_other_means_is_made_safe_as_well(parent):
    last_row = OutboxRow.objects.latest("pk").pk
    seen = version(parent.thread)

    told = run("restore", recovered="2026-11-22T03:00")

    assert told == {"deliveries_set_aside": 1}
    assert Restoration.objects.get().backup_taken_at == datetime(2026, 11, 22, 3, tzinfo=UTC)
    assert version(parent.thread) > seen
    lifecycle.post(author=ReaderFactory(), thread=parent.thread, body="After it.")
    assert OutboxRow.objects.latest("pk").pk > last_row + 1_000


def test_it_is_said_when_the_key_is_another(parent, file, settings):
    run("backup", file)
    settings.SECRET_KEY = "another" * 10

    assert run("restore", file, replace=True, yes=True)["key_differs"] is True


def version(thread):
    return sum(ThreadSlot.objects.filter(thread=thread).values_list("version", flat=True))
