"""Ports for servers that are started here."""

from __future__ import annotations

import random
import socket

#: Below the ports that Linux gives to outgoing connections (net.ipv4.ip_local_port_range): one of those may be taken
#: between the choice and the start of the server.
CHOICE = range(10_000, 32_768)
_TRIES = 100


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on. Raises OSError where none is found."""
    for _ in range(_TRIES):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", random.choice(CHOICE)))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("No free port was found.")
