"""Logs: one line for each event, with ids and never with what somebody wrote.

Every logger of a process ends here, ours and others'. What an exception says may quote the value
that went wrong (a database names the whole row), so only its kind and the places it came through
are kept, and of its words those that cannot quote: `explain`. `about` gives ids to all lines of a
request or a task.
"""

import logging
import os
import re
import sys
from collections.abc import Iterator, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from traceback import walk_tb
from typing import Any

import orjson
import structlog
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.stdlib import ProcessorFormatter

#: The environment variable in which `manage.py up` tells a child what it is called.
PROCESS = "COLLOQUY_CHILD"
PROJECT = Path(__file__).resolve().parent.parent
#: Words of these name code or an address we connect to, never a value that somebody sent.
PLAIN_SPOKEN = {
    "builtins.AttributeError",
    "builtins.ImportError",
    "builtins.ModuleNotFoundError",
    "builtins.NameError",
    "builtins.NotImplementedError",
    "builtins.RecursionError",
    "builtins.UnboundLocalError",
    "django.core.exceptions.ImproperlyConfigured",
    "psycopg.OperationalError",  # not its kinds: a connection that failed
    "redis.exceptions.ConnectionError",
    "redis.exceptions.TimeoutError",
}
ADDRESS = re.compile(r"[^\s\"'<>(),;:=@]+@[^\s\"'<>(),;:=@]+")
FRAMES = 30

Event = MutableMapping[str, Any]
#: `with about(thread=…, comment=…):` gives these to every line logged inside.
about = bound_contextvars


def dict_config(*, as_json: bool, explicit: bool = False) -> dict[str, Any]:
    """Django's `LOGGING`. `explicit` leaves exceptions their words: for debugging only."""
    formatter = {"()": "common.logs.formatter", "as_json": as_json, "explicit": explicit}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": {
            # Django's own handlers would say all a second time.
            "django": {"handlers": [], "level": "INFO"},
            "django.request": {"level": "ERROR"},
            "django.db.backends": {"level": "WARNING"},  # statements carry values
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            "httpx": {"level": "WARNING"},  # it says whole addresses
        },
    }


def formatter(*, as_json: bool, explicit: bool = False) -> logging.Formatter:
    """What makes a line of a record: JSON for machines, or words for people."""
    spell_out = structlog.processors.format_exc_info if explicit else _explain_exception
    return Discreet(
        foreign_pre_chain=[merge_contextvars, _facts, spell_out, _without_addresses],
        processors=[ProcessorFormatter.remove_processors_meta, _json if as_json else _in_words],
    )


class Discreet(ProcessorFormatter):
    """Formats what `hushed` leaves of a record."""

    def format(self, record: logging.LogRecord) -> str:
        return super().format(hushed(record))


def hushed(record: logging.LogRecord) -> logging.LogRecord:
    """The record without what others' loggers say of requests and failures in their own words.

    Paths hold secrets (a link to reset a password), host names are anybody's text, and Celery
    writes an exception's words into its sentence.
    """
    if record.name == "django.request" and record.args:
        request = getattr(record, "request", None)
        found = getattr(request, "resolver_match", None)
        facts = {"route": found.route if found else None, "status": record.__dict__["status_code"]}
        # Django passes a tuple here; a mapping is only ever Celery's.
        return _changed(record, msg="%s", args=record.args[:1], fields=facts)  # type: ignore[index]
    if record.name.startswith("django.security."):
        return _changed(record, msg="Refused: %s", args=(record.name.rpartition(".")[2],))
    if record.name == "celery.app.trace" and isinstance(record.args, dict):
        said = (record.args.get("name"), record.args.get("description"))
        return _changed(record, msg="Task %s %s.", args=said)
    if isinstance(record.args, tuple) and any(
        isinstance(arg, BaseException) for arg in record.args
    ):
        args = tuple(explain(arg) if isinstance(arg, BaseException) else arg for arg in record.args)
        return _changed(record, args=args)
    return record


def _changed(record: logging.LogRecord, **changes: Any) -> logging.LogRecord:
    return logging.makeLogRecord({**record.__dict__, **changes})


def explain(fault: BaseException) -> str:
    """What went wrong, in words that quote nobody: the kind, with its codes and names if any."""
    kind = type(fault).__name__
    root = fault.__cause__ if fault.__cause__ and hasattr(fault.__cause__, "sqlstate") else fault
    if state := getattr(root, "sqlstate", None):
        # Who has an sqlstate is psycopg's, whatever Django wraps round it.
        named = (root.diag.table_name, root.diag.constraint_name)  # type: ignore[attr-defined]
        return " ".join([f"{kind} {state}", *filter(None, named)])
    if isinstance(fault, OSError) and fault.errno:
        return f"{kind}: {os.strerror(fault.errno)}"
    code = getattr(fault, "code", getattr(fault, "smtp_code", None))
    if isinstance(code, str | int):
        return f"{kind} {code}"
    if f"{type(root).__module__}.{type(root).__qualname__}" in PLAIN_SPOKEN:
        return f"{kind}: {str(root).partition(chr(10))[0]}"
    return kind


def places(fault: BaseException) -> list[str]:
    """Through which lines of code it came, the last FRAMES of them, without their variables."""
    steps = [
        f"{_short(frame.f_code.co_filename)}:{line} {frame.f_code.co_name}"
        for frame, line in walk_tb(fault.__traceback__)
    ]
    return steps[-FRAMES:]


def _short(path: str) -> str:
    _, found, inside = path.rpartition("site-packages/")
    return inside if found else path.removeprefix(f"{PROJECT}/")


def _chain(fault: BaseException | None) -> Iterator[BaseException]:
    """The fault, and what led to it."""
    seen: set[int] = set()
    while fault is not None and id(fault) not in seen:
        seen.add(id(fault))
        yield fault
        fault = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)


# -- processors: each takes what is known of an event so far and gives it on --------------------
def _facts(_: Any, __: str, event: Event) -> Event:
    record: logging.LogRecord = event["_record"]
    moment = datetime.fromtimestamp(record.created, UTC)
    facts = {
        "timestamp": moment.isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "process": os.environ.get(PROCESS, ""),
        "logger": record.name,
    }
    return {**facts, **event, **getattr(record, "fields", {})}


def _explain_exception(_: Any, __: str, event: Event) -> Event:
    given = event.pop("exc_info", None)
    fault = given[1] if isinstance(given, tuple) else sys.exc_info()[1] if given else None
    if fault is not None:
        faults = list(_chain(fault))
        event["exception"] = [{"what": explain(each), "where": places(each)} for each in faults]
    return event


def _without_addresses(_: Any, __: str, event: Event) -> Event:
    """The last net, for sentences of libraries: no e-mail address, and no URL's password."""
    if "@" in event["event"] and not event["logger"].startswith("celery."):  # worker@host
        event["event"] = ADDRESS.sub("[address]", event["event"])
    return event


def _json(_: Any, __: str, event: Event) -> str:
    return orjson.dumps(event, default=str).decode()


def _in_words(_: Any, __: str, event: Event) -> str:
    """A readable line, and below it what went wrong. `up` says whose line it is."""
    event.pop("process", None)
    if faults := event.get("exception"):
        event["exception"] = "\n".join(
            "\n    ".join([f"  {fault['what']}", *fault["where"]]) for fault in faults
        )
    return _words(None, "", event)


_words = structlog.dev.ConsoleRenderer(
    colors=False, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
)
