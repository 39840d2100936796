"""Writes that met another's transaction are run anew, here and not by who asked."""

import functools
import logging
import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import OperationalError

from common.away import was_crossed

LOG = logging.getLogger(__name__)
#: A first try and three more, each after up to so many seconds.
LONGEST_PAUSES = (0.02, 0.1, 0.4)

P = ParamSpec("P")
T = TypeVar("T")


def retried(handler: Callable[P, T]) -> Callable[P, T]:
    """Run `handler` again, up to three times, when PostgreSQL chose it to give way (40001, 40P01).

    For what writes in one transaction of its own: of a try that failed, nothing is left. Anything
    else it raises, a refusal first of all, is raised as it is.
    """

    @functools.wraps(handler)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        for longest in LONGEST_PAUSES:
            try:
                return handler(*args, **kwargs)
            except OperationalError as fault:
                if not was_crossed(fault):
                    raise
                LOG.info("%s gave way: %s", handler.__qualname__, type(fault.__cause__).__name__)
            time.sleep(random.uniform(0, longest))
        return handler(*args, **kwargs)

    return wrapper
