"""Ids: UUIDv7, made by the application, so that they sort by time and no sequence is shared."""

import hashlib
from datetime import datetime
from uuid import UUID

from uuid_utils import compat

VERSION_7 = 0x7 << 76
VARIANT = 0b10 << 62
CHANCE = ((1 << 12) - 1) << 64 | (1 << 62) - 1


def new_id() -> UUID:
    """A new UUIDv7 for now."""
    return compat.uuid7()


def id_at(moment: datetime, *, seed: str) -> UUID:
    """The UUIDv7 whose time part is `moment` and whose random part comes from `seed`: for what is
    older than its arrival here. The same moment and seed give the same id, so that what arrives
    again is known by it.
    """
    milliseconds = int(moment.timestamp() * 1_000)
    drawn = int.from_bytes(hashlib.blake2b(seed.encode(), digest_size=16).digest()) & CHANCE
    return UUID(int=milliseconds << 80 | VERSION_7 | VARIANT | drawn)
