"""Waking workers: what was recorded is due at once, and a task is told that there is work.

A wake carries no row: the task takes whatever is due. So a wake may be lost, come twice or late,
and it costs the request that asks for it nothing: a thread of this process sends it. Where the
broker is away the wake is dropped; beat's sweep wakes whatever is overdue.
"""

import logging
import os
import threading
import time

from celery import current_app
from django.core.cache import cache

log = logging.getLogger(__name__)

#: A busy process wakes a task no more often than this: a wake finds all that came before it, and
#: what is done together costs a part of what it costs alone. Who posts after a quiet moment waits
#: for nothing.
PAUSE_SECONDS = 0.3
#: While a wake of any process is on its way, no second is sent; for so long at most.
MARK_SECONDS = 5
#: A worker that was away need not hear every wake that was sent meanwhile.
LIFE_SECONDS = 30
#: After a broker has failed it is left alone for so long.
REST_SECONDS = 5.0


class Waker:
    """The thread of this process that sends wakes, begun with the first."""

    def __init__(self) -> None:
        self.due: dict[str, float] = {}
        self.sent: dict[str, float] = {}
        self.rests_until = 0.0
        self.changed = threading.Condition()
        self.thread: threading.Thread | None = None

    def wake(self, task: str, *, after: float = 0.0) -> None:
        """See that the Celery task `task` runs in `after` seconds, or a little later."""
        now = time.monotonic()
        with self.changed:
            soon = max(now + after, self.sent.get(task, 0.0) + PAUSE_SECONDS)
            if now < self.rests_until or self.due.get(task, soon + 1) <= soon:
                return
            self.due[task] = soon
            if self.thread is None:
                self.thread = threading.Thread(target=self._run, name="wake tasks", daemon=True)
                self.thread.start()
            self.changed.notify()

    def _run(self) -> None:
        while True:
            self._send(self._next())

    def _next(self) -> str:
        """Wait for the first task whose time has come."""
        with self.changed:
            while True:
                task, due = min(self.due.items(), key=lambda item: item[1], default=("", None))
                wait = None if due is None else due - time.monotonic()
                if wait is not None and wait <= 0:
                    del self.due[task]
                    return task
                self.changed.wait(wait)

    def _send(self, task: str) -> None:
        self.sent[task] = time.monotonic()
        try:
            if _mark(task):
                current_app.send_task(task, retry=False, expires=LIFE_SECONDS)
        except Exception as fault:  # any transport's own: kombu lets redis-py's through
            log.warning("The broker is away (%s); the sweep will wake %s.", fault, task)
            woken(task)
            with self.changed:
                self.rests_until = time.monotonic() + REST_SECONDS
                self.due.clear()


waker = Waker()


def _begin_anew() -> None:
    global waker
    waker = Waker()


os.register_at_fork(after_in_child=_begin_anew)  # a thread does not follow into a fork


def wake(task: str, *, after: float = 0.0) -> None:
    """See that the Celery task `task` runs soon. Costs the caller nothing, and never fails."""
    waker.wake(task, after=after)


def woken(task: str) -> None:
    """Say that `task` begins to look for work: what is recorded from now on needs a new wake."""
    try:
        cache.delete(_key(task))
    except Exception as fault:  # its time will be over soon
        log.warning("The mark of a wake stays until its time is over: %s", fault)


def _mark(task: str) -> bool:
    """Whether no wake of this task is on its way yet. Without a cache nobody knows of any."""
    try:
        return bool(cache.add(_key(task), 1, timeout=MARK_SECONDS))
    except Exception:  # whatever the cache's client raises: rather a wake too many
        return True


def _key(task: str) -> str:
    return f"woken:{task}"
