"""`manage.py up` where it cannot: another is there already. (What it does: test_watching.)"""

import fcntl
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from operations.development import PROJECT
from operations.ports import free_port


@pytest.fixture
def environ(var: Path) -> dict[str, str]:
    """For an install beside the tests' own, which never comes to its database."""
    return os.environ | {"COLLOQUY_VAR": str(var), "PORT": str(free_port(together=2))}


def test_a_second_one_in_the_same_folder_is_refused_in_one_sentence(environ):
    folder = environ["COLLOQUY_VAR"]
    with Path(folder, "up.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        said, code = refusal(environ)

    assert (said, code) == (f"CommandError: Colloquy is already running from {folder}.\n", 1)


def test_a_port_in_use_is_one_sentence(environ):
    port = int(environ["PORT"])
    with socket.create_server(("127.0.0.1", port)):
        said, code = refusal(environ)

    hint = f"Choose another, as in: PORT={port + 10} make run"
    assert (said, code) == (f"CommandError: Port {port} is in use. {hint}\n", 1)


def refusal(environ: dict[str, str]) -> tuple[str, int]:
    """Start one that ends by itself; give what it said and its exit code."""
    done = subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=PROJECT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=30,
    )
    return done.stdout, done.returncode
