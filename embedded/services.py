"""The interface to the embedded services."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from core.file_locks import locked
from embedded.lease import Lease
from embedded.places import STATE_DIR, ServiceUnavailable, remembered_secret
from embedded.servers import SERVERS


@contextmanager
def embedded_services(state_dir: Path = STATE_DIR) -> Iterator[list[Lease]]:
    """Find or start the services that the environment does not name, and name them there during the block.

    With a database of ours comes a SECRET_KEY of ours, the same at every start. Yields one lease for each service;
    stops a service at the end if nobody else uses it. Raises ServiceUnavailable, in production always when one is
    not named.
    """
    with ExitStack() as leases:
        held = []
        for name, server in SERVERS.items():
            if os.environ.get(server.url_variable):
                continue
            if _is_production():
                raise ServiceUnavailable(f"PRODUCTION is on, and {server.url_variable} is not set.")
            lease = leases.enter_context(Lease(name=name, state_dir=state_dir))
            os.environ[server.url_variable] = lease.address.url
            leases.callback(os.environ.pop, server.url_variable, None)
            held.append(lease)
        if any(lease.name == "postgres" for lease in held) and not os.environ.get("SECRET_KEY"):
            os.environ["SECRET_KEY"] = secret_key(state_dir)
            leases.callback(os.environ.pop, "SECRET_KEY", None)
        yield held


def secret_key(state_dir: Path = STATE_DIR) -> str:
    """Return the key that signs sessions and tokens where none is set: made once, and kept beside the data."""
    with locked(state_dir / "secret-key.lock"):
        return remembered_secret(state_dir / "secret-key")


def _is_production() -> bool:
    return os.environ.get("PRODUCTION", "").lower() in ("1", "true", "yes", "on", "y", "ok")
