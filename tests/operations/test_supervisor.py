"""The supervisor, on small children, in a process of its own."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import psutil
import pytest

from operations.development import PROJECT
from operations.processes import ended, is_alive
from operations.supervisor import RENEW

SUPERVISE = """
import sys
from operations.supervisor import Child, Supervisor
Supervisor([Child("child", "tests.operations.restless", sys.argv[1:])]).run()
"""
HURRY = """
import sys
from operations import supervisor
supervisor.GRACE_SECONDS, supervisor.SETTLED_SECONDS = 1, 0
child = supervisor.Child("child", "tests.operations.restless", sys.argv[1:])
supervisor.Supervisor([child]).run()
"""
REPLACE = """
import sys
from operations import supervisor
supervisor.SETTLED_SECONDS = 2
children = [supervisor.Child(name, "tests.operations.restless", []) for name in sys.argv[1:]]
supervisor.Supervisor(children).run()
"""
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def supervise() -> Iterator[Start]:
    """Start a supervisor of one restless child."""
    started = []

    def start(*arguments: str, script: str = SUPERVISE) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", script, *arguments]
        process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def family(supervisor: subprocess.Popen[str]) -> list[psutil.Process]:
    """Read on until the child has said who it and its own child are."""
    assert supervisor.stdout
    for line in supervisor.stdout:
        if found := re.search(r"child \| pids (\d+) (\d+)", line):
            return [psutil.Process(int(pid)) for pid in found.groups()]
    raise AssertionError("the supervisor ended")


def said_before(last: str, supervisor: subprocess.Popen[str]) -> Iterator[str]:
    """Give its lines until it has said `last`."""
    assert supervisor.stdout
    for line in supervisor.stdout:
        if line == last:
            return
        yield line
    raise AssertionError("the supervisor ended")


def test_children_and_theirs_end_with_a_supervisor_that_is_killed(supervise):
    supervisor = supervise()
    everyone = family(supervisor)

    supervisor.kill()

    assert all(ended(process, within=5) for process in everyone)


def test_a_child_that_dies_takes_its_own_children_along_and_is_started_again(supervise):
    supervisor = supervise()
    child, grandchild = family(supervisor)

    child.kill()

    assert ended(grandchild, within=5)
    assert supervisor.stdout.readline() == (
        "up    | child was killed by SIGKILL; starting it again in 1 s\n"
    )
    assert all(is_alive(process) for process in family(supervisor))


def test_a_child_that_hangs_says_where_and_is_killed_some_time_after_it_was_asked_to_end(
    supervise,
):
    supervisor = supervise("frozen", script=HURRY)
    everyone = family(supervisor)
    supervisor.send_signal(RENEW)

    killed = "up    | child was killed by SIGKILL; starting it again in 1 s\n"
    assert "restless.py" in "".join(said_before(killed, supervisor))
    assert all(ended(process, within=5) for process in everyone)
    assert all(is_alive(process) for process in family(supervisor))


def test_for_a_new_release_one_child_is_replaced_when_the_former_runs_again(supervise):
    supervisor = supervise("one", "other", script=REPLACE)
    for _ in range(2):
        assert "pids" in supervisor.stdout.readline()

    supervisor.send_signal(RENEW)

    said = [supervisor.stdout.readline().split("pids")[0].strip() for _ in range(6)]
    assert said == [
        "up    | Replacing one",
        "up    | one was killed by SIGTERM; starting it again in 1 s",
        "one   |",
        "up    | Replacing other",
        "up    | other was killed by SIGTERM; starting it again in 1 s",
        "other |",
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_request_to_end_ends_everyone_cleanly(supervise, number):
    supervisor = supervise()
    everyone = family(supervisor)

    supervisor.send_signal(number)
    said, _ = supervisor.communicate(timeout=10)

    assert supervisor.returncode == 0
    assert said.splitlines() == [
        "up    | Stopping (once more to stop at once)",
        "up    | child was killed by SIGTERM",
    ]
    assert all(ended(process, within=5) for process in everyone)


def test_a_second_request_does_not_wait_for_the_stubborn(supervise):
    supervisor = supervise("stubborn")
    everyone = family(supervisor)

    supervisor.send_signal(signal.SIGINT)
    assert "Stopping" in supervisor.stdout.readline()
    supervisor.send_signal(signal.SIGINT)
    supervisor.communicate(timeout=10)

    assert supervisor.returncode == 0
    assert all(ended(process, within=5) for process in everyone)


def test_ctrl_c_in_the_terminal_does_not_reach_children_first(supervise):
    child, grandchild = family(supervise())

    assert os.getpgid(child.pid) != os.getpgid(0)
    assert os.getpgid(grandchild.pid) == child.pid
