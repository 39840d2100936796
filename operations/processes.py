"""Processes: who is alive, whose they are, and that none outlives its parent by accident."""

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

PR_SET_PDEATHSIG = 1
#: The environment variable in which `manage.py up` gives its process id to its children.
SUPERVISOR = "COLLOQUY_SUPERVISOR"
#: Has a process of ours write to its log where each of its threads stands, even one that hangs.
TELL = signal.SIGUSR2
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def dying_with(parent: int, by: signal.Signals = signal.SIGKILL) -> Callable[[], None]:
    """Give a `preexec_fn` that makes the kernel send `by` when process `parent` ends, however.

    It must run after setuid, which clears the wish. Off Linux it does nothing.
    """

    def ask_the_kernel() -> None:
        if _libc is None:
            return
        _libc.prctl(PR_SET_PDEATHSIG, by)
        if os.getppid() != parent:  # it ended between fork and prctl: no signal would come
            os._exit(1)

    return ask_the_kernel


def detached(report: int) -> Callable[[], None]:
    """Give a `preexec_fn` that makes the program nobody's child; its id is written to `report`.

    So a server does not look like a child of the command that happened to start it.
    """

    def leave() -> None:
        if pid := os.fork():
            os.write(report, str(pid).encode())
            os._exit(0)

    return leave


def follow_parent(*, spawned: bool = False) -> None:
    """In a process started by `manage.py up`, or `spawned` by such a one: end when the parent ends,
    however it ends.

    Each process forked later follows its own parent in turn, so a whole tree falls at once. Where
    the kernel cannot help (off Linux), a thread looks every second whether the parent is there.
    """
    if supervisor := os.environ.get(SUPERVISOR):
        _follow(os.getppid() if spawned else int(supervisor))
        followed = [os.getpid()]

        def follow_in_fork() -> None:
            _follow(followed[0])
            followed[0] = os.getpid()

        os.register_at_fork(after_in_child=follow_in_fork)


def _follow(parent: int) -> None:
    if _libc is not None:
        dying_with(parent)()
        return

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="follow parent").start()


def living(pid: int | None, mark: Path) -> psutil.Process | None:
    """Give the living process `pid` if its command line names `mark`, else None.

    A process id read from a file may have been recycled for a stranger; the path of a data folder
    or configuration of ours in the command line tells them apart.
    """
    if not pid:
        return None
    try:
        process = psutil.Process(pid)
        return process if is_alive(process) and str(mark) in process.cmdline() else None
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None


def is_alive(process: psutil.Process) -> bool:
    """Tell whether a process still runs: neither gone, nor waiting to be noticed by its parent."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def ended(process: psutil.Process, *, within: float) -> bool:
    """Wait up to `within` seconds for a process to end; tell whether it did."""
    deadline = time.monotonic() + within
    while is_alive(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
