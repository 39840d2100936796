"""Doing things at the same moment, each in a thread of its own."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

Result = TypeVar("Result")
PATIENCE_SECONDS = 30


def at_once(*acts: Callable[[], Result]) -> list[Result]:
    """What each of them gives, in order. Raises what the first that failed raised."""
    start = threading.Barrier(len(acts), timeout=PATIENCE_SECONDS)

    def act(number: int) -> Result:
        start.wait()
        try:
            return acts[number]()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(act, range(len(acts))))
