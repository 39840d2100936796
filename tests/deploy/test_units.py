"""The units: systemd takes them, and they run what `manage.py up` runs."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy import units

has_systemd = pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="systemd-analyze is not here"
)
#: Of ten; what Debian's own services have is nine and more.
MOST_EXPOSED = 2.0


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine's files, as far as the units ask for them."""
    shutil.copytree(units.UNITS, tmp_path / "etc/systemd/system")
    for program in units.programs():
        file = tmp_path / program.relative_to("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o755)
    return tmp_path


def analyze(*arguments: str) -> str:
    done = subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True)
    return done.stdout * (done.returncode != 0) + done.stderr


@has_systemd
def test_systemd_takes_every_unit_without_a_word(root):
    said = analyze("verify", f"--root={root}", "--recursive-errors=no", *units.names())

    assert said == ""


@has_systemd
def test_no_service_may_do_more_than_it_needs(root):
    services = [name for name in units.names() if name.endswith(".service")]
    asked = ("--offline=yes", f"--root={root}", f"--threshold={int(MOST_EXPOSED * 10)}")

    said = analyze("security", "--no-pager", *asked, *services)

    assert said == ""


def test_workers_and_beat_are_started_as_up_starts_them(children):
    for name in ("worker-screening", "worker-network", "worker"):
        expected = ["-m", children[name].module, *children[name].arguments]
        assert units.command(f"colloquy-{name}") == expected

    beat = units.command("colloquy-beat")
    assert [word for word in beat if "/" not in word] == [
        *("-m", "celery"),
        *(word for word in children["beat"].arguments if "/" not in word),
    ]


def test_each_process_of_up_is_a_service_of_the_target(children):
    wanted = {each for line in units.told("colloquy.target", "Wants") for each in line.split()}
    named = {name: units.told(f"colloquy-{name}.service", "Environment") for name in children}

    assert wanted >= {f"colloquy-{name}.service" for name in children}
    assert named == {name: [f"COLLOQUY_CHILD={name}"] for name in children}
    assert wanted <= set(units.names())


def test_web_and_live_take_the_sockets_that_stay_open(children):
    for name in ("web", "live"):
        command = units.command(f"colloquy-{name}")
        open_sockets = units.told(f"colloquy-{name}.socket", "ListenStream")
        taken = [command[at + 1] for at, word in enumerate(command) if word == "--fd"]

        assert command[:2] == ["-m", children[name].module]
        assert taken == [str(3 + number) for number in range(len(open_sockets))]


def test_each_process_of_web_has_a_socket_of_its_own():
    command = units.command("colloquy-web")

    assert command[command.index("--workers") + 1] == str(command.count("--fd"))
