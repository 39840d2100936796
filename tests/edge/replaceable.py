"""A small application under web's server: `python -m tests.edge.replaceable FD…`.

It says which process answers, after a moment; while the file `RELEASE` names says so, none loads.
"""

import logging.config
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from common import doors, logs
from edge import server
from edge.wsgi import Edge

RELEASE = "COLLOQUY_TEST_RELEASE"
BROKEN = "broken"


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    time.sleep(0.01)
    body = str(os.getpid()).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


if RELEASE in os.environ and Path(os.environ[RELEASE]).read_text() == BROKEN:
    raise ImportError("This release cannot be loaded.")
edged = Edge(
    application,
    reads=application,
    key_of=lambda path, query: None,
    is_current=lambda stamp: True,
)

if __name__ == "__main__":
    server.LEAVING_SECONDS = 0.4  # a test's readers ask more often than that
    said = logs.dict_config(as_json=False)
    logging.config.dictConfig(said)
    server.serve(
        "tests.edge.replaceable:edged",
        doors=doors.found([int(each) for each in sys.argv[1:]], host="", port=0),
        processes=2,
        threads=4,
        logs=said,
    )
