"""nginx and Varnish by the configuration that we ship, on ports and in a folder of one's own. Tests
start them so, too.
"""

import getpass
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

from operations.development import PROJECT
from operations.processes import dying_with

START_SECONDS = 20
#: Where Debian keeps servers, which is not on everybody's path.
PATH = f"{os.environ['PATH']}:/usr/sbin"
COUNTERS = ("cache_hit", "cache_miss", "cache_hitmiss")
#: Where nginx as installed would write.
FOLDERS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def is_there(program: str) -> bool:
    return shutil.which(program, path=PATH) is not None


def varnish(folder: Path, *, web: int, live: int, port: int) -> list[str]:
    """The command of a Varnish by deploy/varnish.vcl before these ports."""
    vcl = _copied("varnish.vcl", folder, {'"8000"': f'"{web}"', '"8001"': f'"{live}"'})
    command = ["varnishd", "-F", "-j", "none", "-n", str(folder / "varnish"), "-f", str(vcl)]
    return [*command, "-a", f"127.0.0.1:{port}", "-s", "malloc,64m"]


def nginx(
    folder: Path, *, web: int, live: int, port: int, tls: bool = True, more: Mapping[str, str] = {}
) -> list[str]:
    """The command of an nginx by deploy/nginx.conf before these ports; it redirects on the next
    port. Its name is `comments.example`, its certificate made for the occasion. `tls`: else it
    speaks HTTP/1.1 in the clear. `more`: what else is put in the place of a pattern.
    """
    temporary = "\n".join(f"    {each}_temp_path {folder}/{each};" for each in FOLDERS)
    secured = {} if tls else {r" ssl http2": "", r"^ *ssl_reject_handshake .*\n": ""}
    if tls:
        _certify(folder)
    conf = _copied(
        "nginx.conf",
        folder,
        {
            r"^user .*;": f"user {getpass.getuser()};",
            r"/run/nginx.pid": f"{folder}/nginx.pid",
            r"/var/log/nginx/error.log": f"{folder}/error.log",
            r"/var/lib/nginx/colloquy": f"{folder}/cache",
            r"^ *ssl_certificate .*;": f"ssl_certificate {folder}/cert.pem;" if tls else "",
            r"^ *ssl_certificate_key .*;": f"ssl_certificate_key {folder}/key.pem;" if tls else "",
            r"^ *listen \[::\].*\n": "",
            r"listen 443": f"listen 127.0.0.1:{port}",
            r"listen 80": f"listen 127.0.0.1:{port + 1}",
            r"127\.0\.0\.1:8000": f"127.0.0.1:{web}",
            r"127\.0\.0\.1:8001": f"127.0.0.1:{live}",
            r"^http \{": f"http {{\n{temporary}",
            **secured,
            **more,
        },
    )
    return ["nginx", "-c", str(conf), "-g", "daemon off;"]


@contextmanager
def running(command: list[str], folder: Path, port: int) -> Iterator[psutil.Process]:
    """The process of a server that listens, until the block ends. It ends with this process."""
    log = folder / f"{command[0]}.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            command,
            stdout=said,
            stderr=said,
            env={**os.environ, "PATH": PATH},
            preexec_fn=dying_with(os.getpid(), signal.SIGTERM),
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise TimeoutError(f"{command[0]} does not listen: {log.read_text()[-1000:]}")
            time.sleep(0.05)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def counted(folder: Path) -> dict[str, int]:
    """How often the Varnish of this folder found what was asked for, or did not, so far."""
    command = ["varnishstat", "-1", "-j", "-n", str(folder / "varnish")]
    said = subprocess.run(
        command, check=True, capture_output=True, env={**os.environ, "PATH": PATH}
    )
    counters = json.loads(said.stdout)["counters"]
    return {each: counters[f"MAIN.{each}"]["value"] for each in COUNTERS}


def _copied(name: str, folder: Path, changes: Mapping[str, str]) -> Path:
    """A copy of a file in deploy/ with others in the place of these patterns, all of them there."""
    text = (PROJECT / "deploy" / name).read_text()
    for pattern, ours in changes.items():
        text, found = re.subn(pattern, lambda _: ours, text, flags=re.MULTILINE)  # noqa: B023  (called at once)
        if not found:
            raise LookupError(f"deploy/{name} has no {pattern}")
    copy = folder / name
    copy.write_text(text)
    return copy


def _certify(folder: Path) -> None:
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    make += ["-nodes", "-days", "2", "-subj", "/CN=comments.example"]
    make += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(make, check=True, capture_output=True)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
