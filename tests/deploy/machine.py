"""A bare Debian 12 in a folder, run by its own systemd in namespaces of its own.

It has this machine's network, and so its ports. With whoever started it it ends, all of it.
"""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psutil

from operations.processes import dying_with

RELEASE = "bookworm"
START_SECONDS = 60
#: In the new namespaces, before systemd: what a machine's kernel and boot would have brought.
BOOT = """
set -e
mount --make-rprivate /
mount --bind "$1" "$1"
cd "$1"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount --rbind /dev dev
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs tmpfs tmp
pivot_root . mnt
umount -l /mnt
exec env -i container=walk PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --show-status=no
"""
#: Whatever the machine itself would have to do with hardware, terminals, and a network that is
#: already there.
NOT_HERE = (
    *(
        "console-getty",
        "getty@tty1",
        "getty-static",
        "systemd-networkd",
        "systemd-resolved",
        "systemd-timesyncd",
    ),
    *("systemd-udevd", "systemd-udev-trigger", "systemd-logind", "e2scrub_reap"),
)


class Broken(Exception):
    """The machine could not be made or does not run; the text says why, for people."""


class Machine:
    """One machine, made below `folder` from a base that is kept there for the next one."""

    def __init__(self, folder: Path, *, mirror: str = "") -> None:
        self.base = folder / "base"
        self.root = folder / "machine"
        self.mirror = mirror
        self.unshare: subprocess.Popen[bytes] | None = None
        self.init = 0

    def make(self) -> None:
        """Lay the files of a new machine out, bare. Raises Broken."""
        if not (self.base / "etc/debian_version").exists():
            shutil.rmtree(self.base, ignore_errors=True)
            _run("debootstrap", RELEASE, str(self.base), *filter(None, [self.mirror]))
        if self.root.exists():
            shutil.rmtree(self.root)
        _run("cp", "-a", str(self.base), str(self.root))
        for unit in NOT_HERE:
            link = self.root / f"etc/systemd/system/{unit}.service"
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to("/dev/null")

    def __enter__(self) -> "Machine":
        self.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self.end()

    def start(self) -> None:
        """Switch it on, until systemd says that it has started. Raises Broken."""
        command = ["unshare", "--mount", "--pid", "--ipc", "--uts", "--cgroup", "--fork"]
        self.unshare = subprocess.Popen(
            [*command, "--kill-child", "sh", "-c", BOOT, "sh", str(self.root)],
            preexec_fn=dying_with(os.getpid()),
        )
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                [init] = psutil.Process(self.unshare.pid).children()
                self.init = init.pid
                if self._state() in ("running", "degraded"):
                    return
            except (ValueError, psutil.NoSuchProcess):
                pass
            if self.unshare.poll() is not None or time.monotonic() > until:
                self.end()
                raise Broken("systemd does not start in namespaces of its own here.")
            time.sleep(0.2)

    def end(self) -> None:
        """Pull the plug."""
        assert self.unshare
        self.unshare.send_signal(signal.SIGKILL)  # its child dies with it, and so do all others
        self.unshare.wait()

    def write(self, path: str, content: bytes, *, mode: int = 0o644) -> None:
        """Lay a file into it, at a path without the first slash."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(mode)

    def run(self, *command: str) -> str:
        """Run one command in it; give what it prints. Raises Broken where it fails."""
        done = subprocess.run([*self._inside(), *command], capture_output=True, text=True)
        if done.returncode:
            raise Broken(f"{' '.join(command)}: {done.stdout}{done.stderr}".strip())
        return done.stdout

    def command(self, *command: str) -> list[str]:
        """One command as root in it, for who runs it from here."""
        return [*self._inside(), *command]

    def _inside(self) -> list[str]:
        enter = ["nsenter", f"--target={self.init}", "--all", "--root", "--wd=/"]
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return [
            *enter,
            "env",
            "--chdir=/root",
            "-i",
            "HOME=/root",
            "USER=root",
            "LANG=C.UTF-8",
            f"PATH={path}",
        ]

    def _state(self) -> str:
        command = [*self._inside(), "systemctl", "is-system-running"]
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command)
    except FileNotFoundError:
        raise Broken(f"{command[0]} is not here. On Debian: apt install {command[0]}") from None
    if done.returncode:
        raise Broken(f"{' '.join(command)} failed.")
