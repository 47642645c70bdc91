"""Where the exchange on loopback keeps its files, which programs it runs, and as whom."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from embedded.places import Account, Folder
from embedded.servers import Postgres, postgres_bin

# Where Debian keeps servers' programs, which is not in everybody's PATH.
PLACES = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])
#: A program, and Debian's package that brings it.
NEEDED = {
    "nginx": "nginx-light",
    "pgbouncer": "pgbouncer",
    "redis-server": "redis-server",
    "redis-cli": "redis-tools",
    "envsubst": "gettext-base",
    "openssl": "openssl",
}
#: The first PgBouncer that prepares statements on each of its connections.
PREPARES_SINCE = (1, 21)


class CannotRun(Exception):
    """Something of the machine is missing. The message is one line for the user."""


def check_programs() -> None:
    """Raise CannotRun with what to install when a program is missing."""
    missing = sorted(package for program, package in NEEDED.items() if shutil.which(program, path=PLACES) is None)
    if missing:
        raise CannotRun(f"Debian's packages are missing: apt-get install --no-install-recommends {' '.join(missing)}")


def pooler_prepares() -> bool:
    """Whether this machine's PgBouncer knows prepared statements; Debian 12's does not."""
    said = subprocess.run(
        ["pgbouncer", "--version"], env={"PATH": PLACES}, capture_output=True, text=True, check=True
    ).stdout
    version = said.split()[1]
    return tuple(int(part) for part in version.split(".")[:2]) >= PREPARES_SINCE


def servers_account() -> Account | None:
    """Whom PostgreSQL, PgBouncer, Redis and nginx run as, which is never root: this user, or as root nobody."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Account(uid=nobody.pw_uid, gid=nobody.pw_gid)


@dataclass(frozen=True)
class State:
    """The folder of one run. Others may pass through it, so that the servers' account finds its own folders there."""

    path: Path

    def folder(self, *names: str) -> Path:
        """A folder in here that the servers' account owns, made at the first use."""
        folder = self.path.joinpath(*names)
        if not folder.exists():
            folder.mkdir(parents=True)
            for made in (folder, *folder.parents):
                if made == self.path:
                    break
                self.hand_over(made)
        return folder

    def hand_over(self, path: Path) -> None:
        """Give a file or folder to the servers' account."""
        if account := servers_account():
            os.chown(path, account.uid, account.gid)

    def mount(self, source: Path) -> Path:
        """A copy of a checkout's file or folder, as the servers' account may not be able to enter the checkout."""
        mounted = self.folder("mounts") / source.name
        if not mounted.exists():
            if source.is_dir():
                shutil.copytree(source, mounted)
            else:
                shutil.copy(source, mounted)
        return mounted


def new_cluster(state: State, *, password: str) -> tuple[Path, Path]:
    """Make a PostgreSQL cluster. Returns its data folder, and the folder of PostgreSQL's programs."""
    folder = Folder(home=state.path, name="postgres")
    folder.password = password
    Postgres().prepare(folder)
    return folder.data, postgres_bin(folder)
