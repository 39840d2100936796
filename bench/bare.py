"""The bare callable: a file's bytes from the same server, with nothing in front of them."""

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

BODY = Path(os.environ["BENCH_BODY"]).read_bytes()
HEADERS = [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))]
CODING = os.environ.get("BENCH_CODING")

if CODING:
    HEADERS.append(("Content-Encoding", CODING))

sys.setswitchinterval(0.02)  # as the product


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", HEADERS)
    return [BODY]
