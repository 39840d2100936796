"""Processes: who is alive, whose they are, and that none outlives its parent by accident."""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

PR_SET_PDEATHSIG = 1
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
