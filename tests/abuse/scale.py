"""How much is tried: by `make abuse` everything with everything, by `make test` a part of it."""

import os
from collections.abc import Sequence
from typing import TypeVar
from zlib import crc32

Thing = TypeVar("Thing")
WHOLE_WANTED = os.environ.get("ABUSE") == "whole"


def some(things: Sequence[Thing], share: int, row: str) -> list[Thing]:
    """Every `share`th of them, one at least. Which ones, depends on the row of a table: over all
    rows everything is tried, and the same in each run.
    """
    if WHOLE_WANTED:
        return list(things)
    share = max(min(share, len(things)), 1)
    return list(things[crc32(row.encode()) % share :: share])
