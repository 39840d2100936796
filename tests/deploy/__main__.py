"""`make deploy-walk`: go through docs/deploy.md on a bare machine, then look at what stands.

Every command of the page runs as it is written, in one root shell that stops at the first failure.
What such a machine cannot have is stood in for: the two names lead to it, a certificate authority
and a mail server of the walk's own are known to it, and `certbot` proves that an authority would
have found its proof, and brings the certificate.
"""

import argparse
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from operations.development import PROJECT
from tests.deploy import page
from tests.deploy.authority import Authority
from tests.deploy.looking import Looks
from tests.deploy.machine import Broken, Machine
from tests.deploy.mailbox import Mailbox

#: Where the machine listens, in this machine's own network.
PORTS = (80, 443, 587, 5432, 6379, 6380, 8000, 8001, 9100)
HOSTS = ("comments.example", "live.example")
SHOWN_LINES = 40
#: As the authority's own program: where a proof is found at the name, there is a certificate.
CERTBOT = """#!/bin/sh -eu
while [ $# -gt 0 ]; do
  case $1 in --domain) host=$2 ;; --webroot-path) web=$2 ;; esac
  shift
done
mkdir -p "$web/.well-known/acme-challenge"
echo mine > "$web/.well-known/acme-challenge/stand-in"
curl --silent --show-error --fail "http://$host/.well-known/acme-challenge/stand-in" | grep -q mine
mkdir -p /etc/letsencrypt/live
cp -r "/usr/local/lib/walk/$host" /etc/letsencrypt/live/
"""


def main() -> None:
    """Walk. Exits with 1 where a command or a look fails, 2 where there can be no machine."""
    parser = argparse.ArgumentParser(prog="make deploy-walk", description=__doc__)
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path("/var/tmp/colloquy-walk"),
        help="where machines are made (default: %(default)s)",
    )
    parser.add_argument("--mirror", default="", help="where debootstrap finds Debian")
    parser.add_argument(
        "--hook", help="a program that is given the new machine's folder before its first start"
    )
    options = parser.parse_args()
    try:
        _refuse_what_cannot_be()
        machine = Machine(options.folder, mirror=options.mirror)
        machine.make()
        mailbox = _furnish(machine)
        if options.hook:
            subprocess.run([options.hook, str(machine.root)], check=True)
        with machine:
            said = _walk(machine, options.folder / "walk.log")
            _look(Looks(machine, mailbox, said))
    except Broken as why:
        print(why, file=sys.stderr)
        raise SystemExit(2) from None


def _refuse_what_cannot_be() -> None:
    if os.geteuid():
        raise Broken("Only root can make a machine.")
    for port in PORTS:
        try:
            socket.create_server(("", port)).close()
        except OSError as refusal:
            raise Broken(f"Port {port} cannot be had: {refusal}.") from None


def _furnish(machine: Machine) -> Mailbox:
    """Give a bare machine its names, and who answers at them; and the release."""
    authority = Authority()
    with (machine.root / "etc/hosts").open("a") as hosts:
        hosts.write(f"127.0.0.1 {' '.join(HOSTS)} mail.example\n")
    machine.write("usr/local/share/ca-certificates/walk.crt", authority.certificate)
    for host in HOSTS:
        made = authority.certify(host)
        machine.write(f"usr/local/lib/walk/{host}/fullchain.pem", made.certificate)
        machine.write(f"usr/local/lib/walk/{host}/privkey.pem", made.key)
    machine.write("usr/local/sbin/certbot", CERTBOT.encode(), mode=0o755)
    archive = ["git", "archive", "--format=tar.gz", "HEAD"]
    release = subprocess.run(archive, cwd=PROJECT, check=True, stdout=subprocess.PIPE).stdout
    machine.write("root/colloquy.tar.gz", release)
    made = authority.certify("mail.example")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as both:
        both.write(made.certificate + made.key)
        both.flush()
        tls.load_cert_chain(both.name)
    return Mailbox(587, tls=tls, user="user", password="password")


def _walk(machine: Machine, log: Path) -> str:
    """Run the page's commands; give what they printed."""
    script = []
    for block in page.blocks():
        script += [f"echo; echo {START}{block.heading!r}", block.commands]
    machine.write("root/page.sh", "\n".join(script).encode())
    begun = time.monotonic()
    with log.open("w+") as out:
        shell = machine.command("bash", "-euo", "pipefail", "page.sh")
        walking = subprocess.Popen(
            shell, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert walking.stdout
        for line in walking.stdout:
            text = line.decode(errors="replace")
            out.write(text)
            if text.startswith(START):
                print(f"{time.monotonic() - begun:6.0f} s  {text.removeprefix(START)}", end="")
        code = walking.wait()
        out.flush()
        said = log.read_text()
    if code:
        print(*said.splitlines()[-SHOWN_LINES:], sep="\n")
        print(f"The page's last command failed with {code}. All that was said: {log}")
        raise SystemExit(1)
    return said


START = "== "


def _look(looks: Looks) -> None:
    failed = 0
    for look in looks.all():
        sentence = " ".join((look.__doc__ or "").split())
        try:
            look()
            print(f"  yes  {sentence}", flush=True)
        except (AssertionError, Broken, ValueError, KeyError) as fault:
            failed += 1
            print(f"   NO  {sentence}\n       {fault!r}", flush=True)
    print("Every look is as it should be." if not failed else f"{failed} looks are not.")
    if failed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
