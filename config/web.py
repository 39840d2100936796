"""What the web processes run: `python -m config.web [--host …] [--port …] [--fd …]`.

SIGHUP replaces them one by one, for a new release or new settings of theirs; SIGTERM ends them.
"""

import argparse
import sys

from common import doors, logs
from edge.server import serve


def main() -> None:
    """Serve web requests until SIGTERM or SIGINT."""
    # Not above: a new process reads this file too, before it is known to be one of web.
    from config.environment import env

    parser = argparse.ArgumentParser(prog="config.web", description="Serve web requests.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=env.port, help="PORT if not given")
    parser.add_argument(
        "--fd",
        type=int,
        action="append",
        help="listen on this open socket (systemd's first is 3); one for each worker, or for all",
    )
    parser.add_argument(
        "--folder", help="where the code lies: a link is followed anew for each new process"
    )
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--threads", type=int, default=4, help="threads of each")
    parser.add_argument("application", nargs="?", default="config.wsgi:application")
    options = parser.parse_args()
    if options.folder:
        sys.path[0] = options.folder  # which was where that led to when this process began
    if len(options.fd or ()) > options.workers:
        parser.error("each open socket wants a worker")
    serve(
        options.application,
        doors=doors.found(options.fd, host=options.host, port=options.port, count=options.workers),
        processes=options.workers,
        threads=options.threads,
        logs=logs.dict_config(as_json=env.log_format == "json"),
    )


if __name__ == "__main__":
    main()
