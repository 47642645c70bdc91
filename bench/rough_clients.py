"""Slow, many or too large clients against a running exchange on this machine; prints the exchange's reaction to each in
a line.

`.venv/bin/python -m bench.rough_clients --web 127.0.0.1:8000 --streams 127.0.0.1:8001`. Meanwhile an ordinary client
must be answered within ANSWER_SECS. Takes less than a minute, and exits with 1 when one was not. With BENCH_SMALL=1
the clients are few, and stay for a moment.
"""

from __future__ import annotations

import argparse
import http.client
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from bench.size import sized

ANSWER_SECS = 2.0
MANY, SLOW = sized((200, 40), small=(20, 5))
HELD_SECS = sized(5.0, small=0.6)
LARGE_BYTES = 10 * 1024 * 1024

Place = tuple[str, int]


@contextmanager
def connection(place: Place) -> Iterator[socket.socket]:
    """Open a connection that waits for nothing longer than HELD_SECS."""
    with socket.create_connection(place, timeout=HELD_SECS) as opened:
        yield opened


def is_answered(place: Place) -> bool:
    """Return whether an ordinary client gets its answer in time."""
    client = http.client.HTTPConnection(*place, timeout=ANSWER_SECS)
    try:
        client.request("GET", "/healthz")
        return client.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        client.close()


def first_line(opened: socket.socket) -> str:
    """Return the first line of the server's answer; or "silent", "closed" or the error's name."""
    try:
        return opened.recv(4096).split(b"\r\n")[0].decode("latin-1") or "closed"
    except TimeoutError:
        return "silent"
    except OSError as error:
        return type(error).__name__


def large_body(place: Place) -> str:
    """Send 10 MB with their length."""
    with connection(place) as opened:
        opened.sendall(_head("POST /api/v1/auth/token", f"Content-Length: {LARGE_BYTES}"))
        return _answer_to(opened, b"x" * 65536, LARGE_BYTES // 65536)


def endless_chunks(place: Place) -> str:
    """Send 10 MB in chunks, without a length."""
    with connection(place) as opened:
        opened.sendall(_head("POST /api/v1/auth/token", "Transfer-Encoding: chunked"))
        return _answer_to(opened, b"10000\r\n" + b"x" * 65536 + b"\r\n", LARGE_BYTES // 65536)


def many_headers(place: Place) -> str:
    """Send a megabyte of headers."""
    with connection(place) as opened:
        opened.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        return _answer_to(opened, b"X-Much: " + b"x" * 8000 + b"\r\n", 128)


def slow_headers(place: Place) -> str:
    """Send the headers of some clients byte by byte."""
    return _slowly(place, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")


def slow_bodies(place: Place) -> str:
    """Send the bodies of some clients byte by byte."""
    return _slowly(place, _head("POST /api/v1/auth/token", "Content-Length: 1000"))


def _slowly(place: Place, beginning: bytes) -> str:
    with ExitStack() as held:
        slow = [held.enter_context(connection(place)) for _ in range(SLOW)]
        for opened in slow:
            opened.sendall(beginning)
        ends = time.monotonic() + HELD_SECS
        answered = []
        while time.monotonic() < ends:
            for opened in slow:
                opened.sendall(b"X")
            answered.append(is_answered(place))
            time.sleep(0.5)
        return f"{SLOW} held for {HELD_SECS:.0f} s; others answered {sum(answered)} of {len(answered)} times"


def many_connections(place: Place) -> str:
    """Open connections from one address that send nothing."""
    with ExitStack() as held:
        for _ in range(MANY):
            held.enter_context(connection(place))
        return f"{MANY} open; another client {'is' if is_answered(place) else 'is not'} answered"


def large_message(place: Place) -> str:
    """Send a message of 10 MB on a socket."""
    with connection(place) as opened:
        upgrade = "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"
        opened.sendall(_head("GET /api/v1/ws", *upgrade, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==") + b"\r\n")
        greeting = first_line(opened)
        opened.sendall(b"\x81\xff" + LARGE_BYTES.to_bytes(8, "big") + b"\0\0\0\0")
        return f"{greeting}; then {_answer_to(opened, b'x' * 65536, LARGE_BYTES // 65536, is_frame=True)}"


WEB: tuple[Callable[[Place], str], ...] = (
    large_body,
    endless_chunks,
    many_headers,
    slow_headers,
    slow_bodies,
    many_connections,
)
STREAMS: tuple[Callable[[Place], str], ...] = (large_message, many_headers, slow_headers, many_connections)


def main() -> int:
    """Run all rough clients against both servers. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--web", default="127.0.0.1:8000", type=_place)
    parser.add_argument("--streams", default="127.0.0.1:8001", type=_place)
    asked = parser.parse_args()
    is_well = True
    for name, place, ways in (("web", asked.web, WEB), ("streams", asked.streams, STREAMS)):
        for way in ways:
            began = time.monotonic()
            said = way(place)
            is_up = is_answered(place)
            is_well = is_well and is_up
            after = "answers" if is_up else "DOES NOT ANSWER"
            sys.stdout.write(f"{name:8} {way.__name__:17} {said} ({time.monotonic() - began:.1f} s; then {after})\n")
    return 0 if is_well else 1


def _head(request: str, *headers: str) -> bytes:
    lines = (f"{request} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", *headers)
    return "".join(f"{line}\r\n" for line in lines).encode() + (b"" if "Upgrade" in str(headers) else b"\r\n")


def _answer_to(opened: socket.socket, part: bytes, times: int, *, is_frame: bool = False) -> str:
    sent = 0
    try:
        for _ in range(times):
            opened.sendall(part)
            sent += len(part)
        said = repr(opened.recv(64)[:4]) if is_frame else first_line(opened)
    except OSError as error:
        said = type(error).__name__
    return f"{said} after {sent // 1024} kB"


def _place(text: str) -> Place:
    host, _, port = text.partition(":")
    if host not in ("127.0.0.1", "localhost"):
        raise argparse.ArgumentTypeError("only an exchange of this machine")
    return host, int(port)


if __name__ == "__main__":
    sys.exit(main())
