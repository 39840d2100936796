"""Ids: UUIDv7, made by the application, so that they sort by time and no sequence is shared."""

from datetime import datetime
from uuid import UUID

from uuid_utils import compat


def new_id() -> UUID:
    """A new UUIDv7 for now."""
    return compat.uuid7()


def id_at(moment: datetime) -> UUID:
    """A new UUIDv7 whose time part is `moment`: for rows that are older than their arrival here."""
    seconds, micros = divmod(round(moment.timestamp() * 1_000_000), 1_000_000)
    return compat.uuid7(timestamp=seconds, nanos=micros * 1_000)
