"""The door to the embedded services."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from config.embedded.lease import Lease
from config.embedded.places import STATE_DIR
from config.embedded.servers import SERVERS


@contextmanager
def embedded_services(state_dir: Path = STATE_DIR) -> Iterator[list[Lease]]:
    """Find or start the services that the environment does not name, and name them there while the block runs.

    Yields one lease a service; stops a service at the end if nobody else uses it. Raises ServiceUnavailable.
    """
    with ExitStack() as leases:
        held = []
        for name, server in SERVERS.items():
            if os.environ.get(server.url_variable):
                continue
            lease = leases.enter_context(Lease(name=name, state_dir=state_dir))
            os.environ[server.url_variable] = lease.address.url
            leases.callback(os.environ.pop, server.url_variable, None)
            held.append(lease)
        yield held
