"""A worker lives while its queue moves: a task finished lately, or no work waits.

That its process answers says little: a consumer may hang on a broken connection for ever, and a
pool may wait for a child that is gone. The outbox's rows tell.
"""

import threading
import time
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection

from operations import health
from operations.supervisor import Child, Supervisor
from outbox import selectors as outbox

#: Each restart that did not help makes the next wait twice as long, up to so many times.
MOST_PATIENCE = 16


def queue_of(task: str) -> str:
    """The queue that a Celery task waits in."""
    route = settings.CELERY_TASK_ROUTES.get(task, {})
    return str(route.get("queue", settings.CELERY_TASK_DEFAULT_QUEUE))


def stalled_queues(after: timedelta) -> dict[str, float]:
    """The queues whose work waits while none of it is done, with their lag in seconds.

    Two queries. Nothing where the broker is away: no worker could do better then.
    """
    lags: dict[str, float] = {}
    for task, lag in outbox.stalled(after).items():
        queue = queue_of(task)
        lags[queue] = max(lag, lags.get(queue, 0.0))
    return lags if lags and health.look()["broker"]["ok"] else {}


class Watchman:
    """Has workers whose queue stands still started anew by the supervisor.

    It looks several times before it believes what it sees, gives a fresh worker as long as a
    steady one, and after a restart that did not help twice that, and so on.
    """

    def __init__(self, supervisor: Supervisor, *, after: timedelta) -> None:
        self.supervisor = supervisor
        self.after = after
        self.restarts: dict[str, int] = {}
        self.suspects: set[str] = set()

    def watch(self, *, until: threading.Event) -> None:
        """Look again and again. For a thread of its own."""
        while not until.wait(timeout=self.after.total_seconds() / 6):
            try:
                self.judge(stalled_queues(self.after))
            except DatabaseError:  # then nobody can work
                self.suspects.clear()
            finally:
                connection.close()

    def judge(self, stalled: dict[str, float]) -> None:
        """Have those children started anew that were found idle twice running."""
        idle = {child.name: child for child in _at(stalled, self.supervisor.children)}
        for name in self.restarts.keys() - idle.keys():
            del self.restarts[name]
        for name, child in idle.items():
            if name in self.suspects and self._had_its_time(child):
                self.restarts[name] = self.restarts.get(name, 0) + 1
                lag = max(stalled[queue] for queue in child.queues if queue in stalled)
                self.supervisor.say(
                    f"{name} does nothing though work has waited for {lag:.0f} s; restarting it"
                )
                child.ask_to_end()
        self.suspects = set(idle)

    def _had_its_time(self, child: Child) -> bool:
        patience = self.after.total_seconds() * min(
            2 ** self.restarts.get(child.name, 0), MOST_PATIENCE
        )
        return child.process is not None and time.monotonic() > child.started_at + patience


def _at(queues: Iterable[str], children: Iterable[Child]) -> list[Child]:
    return [child for child in children if not set(queues).isdisjoint(child.queues)]
