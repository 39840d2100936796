"""An app that lets a process of the install hurt itself at a moment nobody outside can hit.

It does nothing until the harness puts a file into its folder; in the short form of the trials it
also shortens what would only be waited for.
"""

import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from celery import Celery
from django.apps import AppConfig
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

#: The environment variable that names the folder of orders.
FOLDER = "COLLOQUY_FAULTS"
#: Taken away by the process that obeys: one file, one death.
DIE_AFTER_COMMIT = "die-after-commit"
#: As long as it is there every message goes out as often as it says.
SEND_AGAIN = "send-again"
#: A process that begins while it is there is of the next release.
NEXT_RELEASE = "next-release"
#: In the environment of a process whose every commit is its last.
ALWAYS = "COLLOQUY_FAULTS_ALWAYS"
#: In the environment of an install that has little time.
HASTE = "COLLOQUY_FAULTS_HASTE"
HASTY = {
    "outbox.services.relay.LEASE": timedelta(seconds=3),
    "notifications.services.mailing.LONGEST_TALK": timedelta(seconds=4),
    "moderation.phases.hook.SECONDS": 0.5,
    "moderation.phases.hook.ASKED_AGAIN_SECONDS": 0.5,
    "common.breaker.FIRST_PAUSE": 4.0,
}


class Injured(AppConfig):
    name = "tests.faults"
    label = "faults"

    def ready(self) -> None:
        folder = Path(os.environ[FOLDER])
        _die_between_commit_and_wake(folder / DIE_AFTER_COMMIT)
        _send_several(folder / SEND_AGAIN)
        if is_next_release():
            _know_notes()
        if HASTE in os.environ:
            for path, value in HASTY.items():
                module, _, name = path.rpartition(".")
                assert hasattr(import_module(module), name), path
                setattr(import_module(module), name, value)


def is_next_release() -> bool:
    return Path(os.environ[FOLDER], NEXT_RELEASE).exists()


def _know_notes() -> None:
    """What `next_release` adds to a comment; this release says something in each."""
    from comments.models import Comment

    models.CharField(max_length=20, null=True, default=NEXT_RELEASE).contribute_to_class(
        Comment, "note"
    )


def _die_between_commit_and_wake(order: Path) -> None:
    """Where Django runs what waited for a commit, at its end or at once: end as by `kill -9`."""
    run, at_once = BaseDatabaseWrapper.run_and_clear_commit_hooks, BaseDatabaseWrapper.on_commit

    def die_if_told() -> None:
        if ALWAYS in os.environ or _take(order):
            os.kill(os.getpid(), signal.SIGKILL)

    def run_or_die(self: BaseDatabaseWrapper) -> None:
        if self.run_on_commit:
            die_if_told()
        run(self)

    def on_commit_or_die(self: BaseDatabaseWrapper, *args: Any, **kwargs: Any) -> None:
        if not self.in_atomic_block:
            die_if_told()
        at_once(self, *args, **kwargs)

    BaseDatabaseWrapper.run_and_clear_commit_hooks = run_or_die
    BaseDatabaseWrapper.on_commit = on_commit_or_die


def _send_several(order: Path) -> None:
    send: Callable[..., Any] = Celery.send_task

    def send_several(self: Celery, *args: Any, **kwargs: Any) -> Any:
        for _ in range(int(order.read_text()) - 1 if order.exists() else 0):
            send(self, *args, **kwargs)
        return send(self, *args, **kwargs)

    Celery.send_task = send_several


def _take(order: Path) -> bool:
    """Whether this is a web process, and the one that was told."""
    if "granian" not in sys.modules:
        return False
    try:
        order.unlink()
    except FileNotFoundError:
        return False
    return True
