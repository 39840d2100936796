"""The web application with a process of its own for each request: `python -m … PORT`."""

import sys
from socketserver import ForkingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from config.wsgi import application


class Server(ForkingMixIn, WSGIServer):
    """Forks for each request; the child ends with it, if not sooner."""

    max_children = 4

    def handle_error(self, request: object, client_address: object) -> None:
        """A child's own; it is expected to fail."""


class Handler(WSGIRequestHandler):
    def log_message(self, *said: object) -> None:
        """Keep it to itself."""


if __name__ == "__main__":
    with Server(("127.0.0.1", int(sys.argv[1])), Handler) as server:
        server.set_app(application)
        print("listening", flush=True)
        server.serve_forever()
