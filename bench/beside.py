"""What reading is compared with: the same bytes from a bare WSGI callable under the product's own
server, and from nginx where there is one.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from bench.stage import Stage

BARE, NGINX = "bare", "nginx"
NGINX_CONF = """
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/nginx-body;
  types {{ }}
  default_type application/json;
  server {{
    listen 127.0.0.1:{port};
    location / {{ alias {folder}/; open_file_cache max=10; {more} }}
  }}
}}
"""


@dataclass(frozen=True)
class Server:
    """An address, and the processes that answer it."""

    url: str
    process: psutil.Process


@contextmanager
def beside(
    here: Stage, body: bytes, coding: str, *, query: str = ""
) -> Iterator[dict[str, Server]]:
    """`BARE` and, where it is installed, `NGINX`, both with this one body, whatever the query: they
    are sent the product's, since to read two kilobytes of it takes a server time as well.
    """
    path = here.folder / "body"
    path.write_bytes(body)
    os.environ.update(BENCH_BODY=str(path), BENCH_CODING=coding)
    port = here.floor_port
    bare = here.start_beside("bench.bare:application", port=port, path="/")
    servers = {BARE: Server(f"http://127.0.0.1:{port}/?{query}", bare)}
    nginx = _nginx(here, coding) if shutil.which("nginx") else None
    if nginx:
        address = f"http://127.0.0.1:{port + 1}/body?{query}"
        servers[NGINX] = Server(address, psutil.Process(nginx.pid))
    try:
        yield servers
    finally:
        here.end_one("floor")
        if nginx:
            nginx.terminate()
            nginx.wait()


def _nginx(here: Stage, coding: str) -> "subprocess.Popen[bytes]":
    port = here.floor_port + 1
    more = f"add_header Content-Encoding {coding};" if coding else ""
    conf = here.folder / "nginx.conf"
    conf.write_text(NGINX_CONF.format(folder=here.folder, port=port, more=more))
    process = subprocess.Popen(["nginx", "-c", str(conf), "-g", "daemon off;"])
    here.await_port(port, "/body")
    return process
