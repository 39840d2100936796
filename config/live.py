"""What the live process runs: `python -m config.live [--host …] [--port …] [--fd …]`.

It needs the cache alone: neither Django's applications nor the database.
"""

import argparse
import logging.config
import os
import sys
from pathlib import Path

import psutil

from common import doors, logs
from config.environment import env

#: Python's own allocator keeps a quarter of a megabyte for whatever is left on it. A crowd that
#: leaves would leave it nearly all of its memory; the C library's gives back single pages.
ALLOCATOR = "PYTHONMALLOC"


def main() -> None:
    """Serve live streams until SIGTERM or SIGINT."""
    if ALLOCATOR not in os.environ:  # it is chosen before Python starts
        os.environ[ALLOCATOR] = "malloc"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  (ourselves)
    parser = argparse.ArgumentParser(prog="config.live", description="Serve live streams.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=env.port + 1, help="PORT + 1 if not given")
    parser.add_argument(
        "--fd", type=int, action="append", help="listen on this open socket (systemd's first is 3)"
    )
    options = parser.parse_args()
    logging.config.dictConfig(logs.dict_config(as_json=env.log_format == "json"))
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    if env.metrics_port:
        folder = env.var / "metrics"
        folder.mkdir(parents=True, exist_ok=True)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
        _forget_the_dead(folder)

    from live.server import serve  # prometheus-client looks at the environment when imported

    serve(
        door=doors.found(options.fd, host=options.host, port=options.port)[0],
        cache_url=env.cache_url,
        prefix=env.key_prefix,
        proxies=env.trusted_proxies,
        is_limited=env.rate_limits,
    )


def _forget_the_dead(folder: Path) -> None:
    """Streams of a live process that was killed are not open any more."""
    for counted in folder.glob("gauge_live*_*.db"):
        if not psutil.pid_exists(int(counted.stem.rpartition("_")[2])):
            counted.unlink()


if __name__ == "__main__":
    main()
