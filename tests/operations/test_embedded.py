"""The launcher of embedded servers, on servers of its own."""

import os
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from operations import embedded
from operations.development import PROJECT
from operations.embedded.home import find_home
from operations.embedded.postgres import Postgres, buffers
from operations.embedded.valkey import Valkey
from operations.processes import ended

NO_PASSWORD = redis.AuthenticationError
BORROW = """
import sys; from pathlib import Path
from operations import embedded
embedded.borrow(Path(sys.argv[1]))
print("borrowed", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module", autouse=True)
def stopped_in_the_end(var: Path) -> Iterator[None]:
    yield
    embedded.stop(var)


def postgres(var: Path) -> Postgres:
    return Postgres(find_home(var), durable=True)


def broker(var: Path) -> Valkey:
    return Valkey(find_home(var), name="broker", durable=True)


def living_pid(server: Postgres | Valkey) -> int:
    process = server.process()
    assert process
    return process.pid


def kill(server: Postgres | Valkey) -> None:
    process = server.process()
    assert process
    process.kill()
    assert ended(process, within=5)


def test_each_role_has_a_server_of_its_own_behind_a_password(var):
    urls = embedded.ensure(var)

    with psycopg.connect(urls["DATABASE_URL"]) as connection:
        (version,) = connection.execute("SHOW server_version_num").fetchone()
    policies = {}
    for role in ("BROKER_URL", "CACHE_URL"):
        with redis.Redis.from_url(urls[role], decode_responses=True) as client:
            policies[role] = client.config_get("maxmemory-policy")["maxmemory-policy"]

    assert int(version) >= 150000
    assert policies == {"BROKER_URL": "noeviction", "CACHE_URL": "allkeys-lru"}
    with redis.Redis(port=broker(var).kept_port()) as stranger, pytest.raises(NO_PASSWORD):
        stranger.ping()


def test_text_sorts_by_code_point_on_every_machine(var):
    with psycopg.connect(embedded.ensure(var)["DATABASE_URL"]) as connection:
        words = ["가", "é", "z", "B"]
        rows = connection.execute("SELECT word FROM unnest(%s::text[]) word ORDER BY 1", [words])

        assert [word for (word,) in rows] == ["B", "z", "é", "가"]


@pytest.mark.parametrize(
    ("machine_gb", "megabytes"), [(0.5, 128), (2, 256), (8, 1024), (24, 3072), (256, 4096)]
)
def test_tables_may_fill_an_eighth_of_memory_within_bounds(monkeypatch, machine_gb, megabytes):
    memory = psutil.virtual_memory()._replace(total=int(machine_gb * 2**30))
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)

    assert buffers() == megabytes * 2**20


def test_postgresql_has_the_memory_it_may_have(var):
    url = embedded.ensure(var)["DATABASE_URL"]

    with psycopg.connect(url) as connection:
        [[given]] = connection.execute("SELECT pg_size_bytes(current_setting('shared_buffers'))")

    assert given == buffers() // 2**20 * 2**20


def test_a_live_server_is_adopted(var):
    first = embedded.ensure(var)
    pids = living_pid(postgres(var)), living_pid(broker(var))

    assert embedded.ensure(var) == first
    assert (living_pid(postgres(var)), living_pid(broker(var))) == pids


def test_what_was_committed_is_there_after_the_server_was_killed(var):
    urls = embedded.ensure(var)
    with psycopg.connect(urls["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    kill(postgres(var))
    assert embedded.down(var) == ["postgres"]

    urls = embedded.ensure(var)

    with psycopg.connect(urls["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)


def test_a_recycled_process_id_is_not_taken_for_our_server(var):
    embedded.ensure(var)
    pid_file = postgres(var).pid_file
    left_behind = pid_file.read_text().splitlines()
    kill(postgres(var))
    left_behind[0] = str(
        os.getpid()
    )  # as after a restart of the machine: the id is somebody else's
    pid_file.write_text("\n".join(left_behind))

    embedded.ensure(var)

    assert living_pid(postgres(var)) != os.getpid()


def test_a_taken_port_is_given_up_for_another(var):
    embedded.ensure(var)
    embedded.stop(var)
    kept = broker(var).kept_port()
    with socket.create_server(("127.0.0.1", kept)):
        urls = embedded.ensure(var)

    assert f":{kept}/" not in urls["BROKER_URL"]


def test_stop_leaves_nobody(var):
    embedded.ensure(var)

    embedded.stop(var)

    assert embedded.down(var) == ["postgres", "broker", "cache"]


def test_the_last_borrower_stops_the_servers(var):
    embedded.stop(var)
    first, second = borrower(var), borrower(var)

    first.communicate()
    assert embedded.down(var) == []

    second.communicate()
    assert embedded.down(var) == ["postgres", "broker", "cache"]


def test_a_killed_borrower_leaves_servers_that_the_next_one_adopts(var):
    killed = borrower(var)
    pid = living_pid(postgres(var))
    killed.kill()
    killed.communicate()

    following = borrower(var)
    assert living_pid(postgres(var)) == pid

    following.communicate()
    assert embedded.down(var) == ["postgres", "broker", "cache"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends itself to nobody")
def test_as_root_under_a_closed_folder_data_lies_elsewhere_and_no_mode_is_changed(tmp_path, capsys):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)

    home = find_home(closed / "var")

    try:
        assert home.path.parent == Path("/var/lib")
        assert str(home.path) in capsys.readouterr().out
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        assert home.path.stat().st_uid != 0
        assert find_home(closed / "var").path == home.path
    finally:
        shutil.rmtree(home.path)


def borrower(var: Path) -> subprocess.Popen[str]:
    """Start a process that borrows the servers until its standard input is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", BORROW, str(var)],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout and process.stdout.readline() == "borrowed\n"
    return process
