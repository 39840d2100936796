"""Events: what happened, in the past tense; and who wants to know.

An app's `events.py` declares frozen dataclasses of plain values below `Event`; an app's
`consumers.py` marks functions with `@consumes(ThatEvent)`. Events carry ids, never texts: a
consumer re-reads, since the world may have moved on.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar
from uuid import UUID

from django.db import models


@dataclass(frozen=True)
class Event:
    """Something that happened. The class's dotted name is what the outbox stores."""

    kinds: ClassVar[dict[str, type["Event"]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        Event.kinds[cls.kind()] = cls

    @classmethod
    def kind(cls) -> str:
        """`comments.CommentPosted`: the app and the name."""
        return f"{cls.__module__.split('.')[0]}.{cls.__name__}"

    def payload(self) -> dict[str, Any]:
        """The event's values as JSON takes them."""
        return {
            name: str(value) if isinstance(value, UUID | models.TextChoices) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def restore(cls, payload: dict[str, Any]) -> "Event":
        """The event that `payload` was made of."""
        ids = {each.name for each in fields(cls) if each.type is UUID}
        return cls(**{name: UUID(v) if name in ids else v for name, v in payload.items()})


@dataclass(frozen=True)
class Consumer:
    """A function that wants to know of an event, and the Celery task that runs it.

    `when(event)` tells which events of the kind it wants. `prepare(event)`, if given, runs before
    any transaction (it may use the network); what it gives is handed to `run` as a second
    argument. `run` shares a transaction with the row's end.

    Its rows become due `after` so many seconds, if not at once.

    A consumer that works `together` is given a list of events, and a list is what it prepares:
    all that were leased at once, in one transaction; should that fail, each by itself again.
    """

    name: str
    event: type[Event]
    run: Callable[..., None]
    task: str
    when: Callable[[Any], bool]
    prepare: Callable[[Any], Any] | None
    together: bool
    after: float


_by_event: dict[str, list[Consumer]] = defaultdict(list)
_by_name: dict[str, Consumer] = {}


def consumes(
    *kinds: type[Event],
    when: Callable[[Any], bool] = lambda event: True,
    task: str = "outbox.deliver",
    prepare: Callable[[Any], Any] | None = None,
    together: bool = False,
    after: float = 0.0,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run the decorated function once for each event of these kinds, by this Celery task (which
    calls `relay.drain` with its own name).
    """

    def register(run: Callable[..., None]) -> Callable[..., None]:
        for event in kinds:
            name = f"{run.__module__.split('.')[0]}.{run.__name__}:{event.kind()}"
            consumer = Consumer(name, event, run, task, when, prepare, together, after)
            _by_name[name] = consumer
            _by_event[event.kind()].append(consumer)
        return run

    return register


def consumers_of(event: Event) -> list[Consumer]:
    """Who wants to know of this."""
    return [each for each in _by_event[event.kind()] if each.when(event)]


def longest_wait(task: str) -> float:
    """After how many seconds at most this Celery task's rows become due."""
    return max((each.after for each in _by_name.values() if each.task == task), default=0.0)


def tasks() -> set[str]:
    """The Celery tasks that run consumers."""
    return {each.task for each in _by_name.values()}


def consumer_named(name: str) -> Consumer | None:
    """The consumer an outbox row names, or None if a release took it away."""
    return _by_name.get(name)
