"""Giving memory back when a crowd has left: Python and the C library would keep it for the next."""

import ctypes
import gc
import sys

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def give_back() -> None:
    """Free what only cycles hold (a connection and its request know each other), then hand free
    pages to the system where the C library can. Some tens of milliseconds.
    """
    gc.collect()
    if trim := getattr(_libc, "malloc_trim", None):
        trim(0)
