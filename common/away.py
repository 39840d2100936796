"""What a request is told when something it needs is away, or too busy: 503, and when to come back.

Which fault means what is said here and nowhere else; `common.problems` makes the answers.
"""

from typing import ClassVar

from django.db import InterfaceError, InternalError, OperationalError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from psycopg import errors as pg

from common.errors import Refusal


class Unavailable(Refusal):
    """Something that this needs is away. Nothing was stored."""

    code: ClassVar[str] = "unavailable"
    status: ClassVar[int] = 503
    detail = _("We cannot do this right now. Please try again in a few seconds.")
    wait: ClassVar[int] = 5

    def __init__(self, detail: str | Promise | None = None) -> None:
        super().__init__(detail, retry_after=self.wait)


class Busy(Unavailable):
    """A statement or a lock took too long. Nothing was stored; the next try may well do."""

    code: ClassVar[str] = "busy"
    detail = _("This took too long just now. Please try again in a moment.")
    wait: ClassVar[int] = 1


#: The transaction was in another's way: run anew, it is likely to pass (common.retrying).
CROSSED = (pg.SerializationFailure.sqlstate, pg.DeadlockDetected.sqlstate)
TOO_LONG = (pg.LockNotAvailable.sqlstate, pg.QueryCanceled.sqlstate)
#: What is meant for a primary reached a standby: some failover is under way.
ON_A_STANDBY = (pg.ReadOnlySqlTransaction.sqlstate,)


def refusal_for(fault: BaseException | None) -> Refusal | None:
    """The refusal that this exception is or amounts to; None for a fault of our own."""
    if isinstance(fault, Refusal):
        return fault
    sqlstate = _sqlstate(fault)
    if isinstance(fault, OperationalError):
        return Busy() if sqlstate in CROSSED + TOO_LONG else Unavailable()
    if isinstance(fault, InternalError) and sqlstate in ON_A_STANDBY:
        return Unavailable()
    if isinstance(fault, InterfaceError) and sqlstate is None:
        return Unavailable()
    return None


def was_crossed(fault: BaseException) -> bool:
    """Whether the same again may pass: a serialization failure or a deadlock."""
    return isinstance(fault, OperationalError) and _sqlstate(fault) in CROSSED


def _sqlstate(fault: BaseException | None) -> str | None:
    return getattr(getattr(fault, "__cause__", None), "sqlstate", None)
