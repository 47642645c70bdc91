"""Paths, owners and file locks of the embedded services."""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import secrets
import stat
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from core.file_locks import locked, open_lock, try_lock

CHECKOUT = Path(__file__).resolve().parents[1]
STATE_DIR = Path(os.environ.get("EXCHANGE_STATE_DIR") or CHECKOUT / ".local")
# Where root keeps the data when `.local/` lies in a folder that other users may not enter, such as /root.
OPEN_DIR = Path("/var/lib/biome-exchange")
POLL_SECS = 0.05


class ServiceUnavailable(Exception):
    """Raised when an embedded service could not be started. The message is one line for the user."""


@dataclass(frozen=True)
class Account:
    """The user that PostgreSQL runs as when we are root, as which it refuses to run."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Address:
    """The URL of a running service, and the id of its keeper."""

    url: str
    keeper: str


def account_for(data: Path) -> Account | None:
    """Return the account to run as when this process is root: the data's owner, or an unprivileged one. Otherwise None.

    Raises ServiceUnavailable when there is none.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Account(uid=owner.st_uid, gid=owner.st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise ServiceUnavailable(
            "PostgreSQL refuses to run as root, and there is no user 'nobody' to run it."
        ) from None
    return Account(uid=nobody.pw_uid, gid=nobody.pw_gid)


def is_open_to_all(path: Path) -> bool:
    """Return whether any user of the machine can reach and read this file or folder."""
    read_and_enter = stat.S_IROTH | stat.S_IXOTH
    return has_open_parents(path) and path.stat().st_mode & read_and_enter == read_and_enter


def has_open_parents(path: Path) -> bool:
    """Return whether any user of the machine may pass through all of the folders above this path."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents)


def home_of(state_dir: Path) -> Path:
    """Return the folder of the services' files: the state directory, or as root, if need be, one whose parents are
    open.

    Decided once and written down, so that the data is found again when permissions change or the checkout moves.
    """
    try:
        make_passable(state_dir)
    except PermissionError:
        raise ServiceUnavailable(f"{state_dir} belongs to another user.") from None
    with locked(state_dir / "home.lock"):
        pointer = state_dir / "home"
        if not pointer.exists():
            write_secret(pointer, str(_choose_home(state_dir)))
        home = state_dir / pointer.read_text()
        if home != state_dir:
            make_passable(OPEN_DIR)
            make_passable(home)
    return home


def _choose_home(state_dir: Path) -> Path:
    if os.geteuid() != 0 or has_open_parents(state_dir):
        return Path()  # the state directory itself, wherever it may be moved
    return OPEN_DIR / f"{state_dir.resolve().parent.name}-{secrets.token_hex(6)}"


def make_passable(folder: Path) -> None:
    """Make a folder that others, such as PostgreSQL's account, pass through but cannot list."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o711)


def write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    new.replace(path)


def remembered_secret(path: Path) -> str:
    """Return the random text kept in this file, made at the first call."""
    if not path.exists():
        write_secret(path, secrets.token_urlsafe(24))
    return path.read_text()


class Folder:
    """One service's files in the home of the services."""

    def __init__(self, *, home: Path, name: str) -> None:
        self.path = home / name
        make_passable(self.path)
        # The server's own files, and its working directory: by that it is recognised when its keeper has died.
        self.data = self.path / "data"
        self.new_data = self.path / "data.new"
        self.install = self.path / "install"
        self.server_log = self.path / "server.log"
        self.keeper_log = self.path / "keeper.log"
        # Held while the keeper lives; held by one arriving or leaving user at a time; shared by all users.
        self.keeper_lock = self.path / "keeper.lock"
        self.door_lock = self.path / "door.lock"
        self.users_lock = self.path / "users.lock"
        # Held while somebody does what is done once to new data, and made when it is done.
        self.first_time_lock = self.path / "first-time.lock"
        self.first_time_done = self.path / "first-time.done"
        self._address = self.path / "address.json"

    @cached_property
    def password(self) -> str:
        """Return the service's password, made at the first use."""
        return remembered_secret(self.path / "password")

    @property
    def is_kept(self) -> bool:
        """Return whether a keeper lives. A lock tells, not a process id, which another process may have by now."""
        with open_lock(self.keeper_lock) as file:
            return not try_lock(file, fcntl.LOCK_SH)

    def announced(self) -> Address | None:
        """Return the address that the last keeper announced and has not withdrawn; the keeper may have died since."""
        try:
            return Address(**json.loads(self._address.read_text()))
        except FileNotFoundError:
            return None

    def announce(self, address: Address) -> None:
        """Announce the service's address to its users."""
        write_secret(self._address, json.dumps(asdict(address)))

    def take_back(self) -> None:
        """Withdraw the address: the service ends here."""
        self._address.unlink(missing_ok=True)


def wait_until(happened: Callable[[], object], *, within_secs: float) -> bool:
    """Poll a callable until it returns true; return whether it did in time."""
    deadline = time.monotonic() + within_secs
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECS)
    return True
