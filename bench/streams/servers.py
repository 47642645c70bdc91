"""The processes of a round: a stream server, and the clients that connect to it. Each ends with its block."""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import time
from types import TracebackType
from typing import Any, Self

import psutil

from embedded.places import wait_until
from embedded.ports import free_port

START_SECS = 30.0
STOP_SECS = 20.0
POLL_SECS = 0.05


class Program:
    """A process controlled by standard input, which ends with the block."""

    def __init__(self, *command: str, **environment: str) -> None:
        self._command, self._environment = command, os.environ | environment

    def __enter__(self) -> Self:
        # Each socket is an open file; what this process starts inherits the limit.
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        self.process = subprocess.Popen(
            [sys.executable, *self._command],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.communicate(timeout=STOP_SECS)

    def say(self, line: str) -> None:
        """Write a line to the program."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def hear(self) -> str:
        """Return the program's next line. Raises RuntimeError when it has ended."""
        assert self.process.stdout is not None
        if not (line := self.process.stdout.readline()):
            raise RuntimeError(f"{self._command} has ended with {self.process.wait()}")
        return line.rstrip("\n")

    @property
    def memory_bytes(self) -> int:
        """Return the process's memory in bytes."""
        return int(psutil.Process(self.process.pid).memory_info().rss)


class _Server(Program):
    def __init__(self, port: int, *command: str, **environment: str) -> None:
        self.port = port
        super().__init__(*command, **environment)

    def __enter__(self) -> Self:
        super().__enter__()
        if not wait_until(self._answers, within_secs=START_SECS):
            raise RuntimeError(f"nothing answers on port {self.port}")
        return self

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class StreamServer(_Server):
    """The exchange's streams, under one of the servers that can run them."""

    def __init__(self, kind: str, *, port: int | None = None) -> None:
        port = port or free_port()
        limits = {"STREAM_CONNECTIONS_PER_ADDRESS": "1000000", "STREAM_MESSAGES_PER_SEC": "1000000"}
        super().__init__(port, "-m", "streams.server", STREAM_SERVER=kind, STREAM_PORT=str(port), **limits)


class BareServer(_Server):
    """A server of `websockets.broadcast`."""

    def __init__(self) -> None:
        port = free_port()
        super().__init__(port, "-m", "bench.streams.bare", str(port))

    def broadcast(self, text: str) -> None:
        """Send a text to all."""
        self.say(text)


class Clients(Program):
    """Sockets in a process of their own, all of them subscribed when the block begins."""

    def __init__(self, port: int, path: str, count: int) -> None:
        super().__init__("-m", "bench.streams.client", str(port), path, str(count))

    def __enter__(self) -> Self:
        super().__enter__()
        if (line := self.hear()) != "ready":
            raise RuntimeError(line)
        return self

    def wait_for(self, updates: int, *, within_secs: float) -> None:
        """Wait until so many updates have come, or the time is over."""
        deadline_secs = time.monotonic() + within_secs
        while time.monotonic() < deadline_secs:
            self.say("count")
            if int(self.hear()) >= updates:
                return
            time.sleep(POLL_SECS)

    def do(self, command: str) -> str:
        """Give a command, and wait for its answer."""
        self.say(command)
        return self.hear()

    def tell(self) -> dict[str, Any]:
        """Return the events received since the last call."""
        told: dict[str, Any] = json.loads(self.do("tell"))
        return told
