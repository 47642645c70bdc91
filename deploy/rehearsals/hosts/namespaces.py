"""Hosts that are network namespaces of this machine, with links that can be cut. Needs root and iproute2.

Two networks, as in a deployment: players reach the hosts by the front, the hosts reach database and Redis by the back.
All addresses are private and exist inside the namespaces alone; nothing of them is left, however the end comes.
"""

from __future__ import annotations

import ctypes
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.loopback import CannotRun
from embedded.places import Account, wait_until

#: The two networks; in each, a node has its own last number.
FRONT, BACK = "10.83.1", "10.83.2"
#: Where players are, the database, and Redis.
PLAYERS, DATA, CACHE = "players", "data", "cache"
_NUMBERS = {PLAYERS: 1, DATA: 1, CACHE: 2}
_FIRST_HOST = 11
_NEW_NETWORK = 0x40000000  # CLONE_NEWNET
_STOP_SECS = 8.0


def check_powers() -> None:
    """Raise CannotRun where namespaces cannot be made."""
    if os.geteuid() != 0:
        raise CannotRun("The run of several hosts makes network namespaces: it has to be root.")
    for program in ("ip", "setpriv"):
        if shutil.which(program) is None:
            raise CannotRun(f"The run of several hosts needs the program {program} (Debian: iproute2, util-linux).")


class Network:
    """Namespaces for players, database, Redis and the hosts, by name: `with Network(["host-a"]) as network:`."""

    def __init__(self, hosts: Sequence[str]) -> None:
        self.hosts = list(hosts)
        self._mark = f"bx-{secrets.token_hex(3)}"
        self._numbers = _NUMBERS | {host: _FIRST_HOST + place for place, host in enumerate(hosts)}
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        check_powers()
        try:
            self._make()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._remove()

    def front(self, node: str) -> str:
        """A node's address on the network of the players."""
        return f"{FRONT}.{self._numbers[node]}"

    def back(self, node: str) -> str:
        """A node's address on the network of the database."""
        return f"{BACK}.{self._numbers[node]}"

    def cut(self, node: str, *, front: bool = False, back: bool = False) -> None:
        """Take a node's links down: nothing comes through, and nobody is told."""
        self._switch(node, "down", front=front, back=back)

    def mend(self, node: str) -> None:
        """Put a node's links up again."""
        self._switch(node, "up", front=node in self.hosts, back=True)

    def start(
        self,
        node: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str],
        account: Account | None = None,
        cwd: Path | None = None,
        stdin: int = subprocess.DEVNULL,
        stdout: int | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a process on a node, in a session of its own; it is ended with the network."""
        as_account = []
        if account:
            as_account = ["setpriv", f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups"]
        with log.open("ab") as errors:
            process = subprocess.Popen(
                ["ip", "netns", "exec", self._name(node), *as_account, *command],
                cwd=cwd,
                env=dict(environment),
                stdin=stdin,
                stdout=errors if stdout is None else stdout,
                stderr=errors,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    @contextmanager
    def on(self, node: str) -> Iterator[None]:
        """What this thread connects to in the block, it connects to from a node."""
        with Path("/proc/thread-self/ns/net").open() as before:
            self.move_to(node)
            try:
                yield
            finally:
                _enter(before.fileno())

    def move_to(self, node: str) -> None:
        """This thread, and all that it starts, is on a node from now on."""
        with Path("/run/netns", self._name(node)).open() as namespace:
            _enter(namespace.fileno())

    def _make(self) -> None:
        for node in self._numbers:
            _ip("netns", "add", self._name(node))
            self._ip(node, "link", "set", "lo", "up")
        for side, centre, network in (("front", PLAYERS, FRONT), ("back", DATA, BACK)):
            self._ip(centre, "link", "add", side, "type", "bridge")
            self._ip(centre, "addr", "add", f"{network}.{self._numbers[centre]}/24", "dev", side)
            self._ip(centre, "link", "set", side, "up")
            nodes = self.hosts if side == "front" else [*self.hosts, CACHE]
            for node in nodes:
                self._connect(node, side=side, centre=centre, network=network)

    def _connect(self, node: str, *, side: str, centre: str, network: str) -> None:
        """A cable from the node to the bridge of a network."""
        end = f"{side}-{self._numbers[node]}"
        peer = ["peer", "name", end, "netns", self._name(centre)]
        self._ip(node, "link", "add", side, "type", "veth", *peer)
        self._ip(node, "addr", "add", f"{network}.{self._numbers[node]}/24", "dev", side)
        self._ip(node, "link", "set", side, "up")
        self._ip(centre, "link", "set", end, "master", side)
        self._ip(centre, "link", "set", end, "up")

    def _switch(self, node: str, state: str, *, front: bool, back: bool) -> None:
        # At the bridge's end, as somebody who pulls the cable out of the switch.
        if front:
            self._ip(PLAYERS, "link", "set", f"front-{self._numbers[node]}", state)
        if back:
            self._ip(DATA, "link", "set", f"back-{self._numbers[node]}", state)

    def _remove(self) -> None:
        for process in reversed(self._processes):
            _signal(process, signal.SIGTERM)
        wait_until(lambda: all(process.poll() is not None for process in self._processes), within_secs=_STOP_SECS)
        for process in self._processes:
            _signal(process, signal.SIGKILL)
            process.wait()
        for node in self._numbers:
            if Path("/run/netns", self._name(node)).exists():
                self._end_strays(node)
                _ip("netns", "del", self._name(node))

    def _end_strays(self, node: str) -> None:
        listed = subprocess.run(["ip", "netns", "pids", self._name(node)], capture_output=True, text=True, check=True)
        for pid in map(int, listed.stdout.split()):
            if pid != os.getpid():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def _name(self, node: str) -> str:
        return f"{self._mark}-{node}"

    def _ip(self, node: str, *arguments: str) -> None:
        _ip("-n", self._name(node), *arguments)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


def _enter(namespace: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.setns(namespace, _NEW_NETWORK) != 0:
        raise OSError(ctypes.get_errno(), "the network namespace cannot be entered")


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """To a process that we started and all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
