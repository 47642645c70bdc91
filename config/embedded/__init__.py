"""The embedded PostgreSQL and Redis: real servers of the project's own, on loopback, with their files in `.local/`.

Only what DATABASE_URL and REDIS_URL do not name is started. A keeper process (`config.embedded.keeper`) holds each
server, and each user process holds a lease, which is a shared file lock: when the last lease is gone, even by SIGKILL,
the keeper stops its server. So commands that run beside each other share the servers, and nobody stops them under
another's feet.

Used by `manage.py`, `config.run` and the tests, before Django reads its settings; imports nothing of Django.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from config.embedded.lease import Lease
from config.embedded.places import STATE_DIR, ServiceUnavailable
from config.embedded.servers import SERVERS

__all__ = ["STATE_DIR", "Lease", "ServiceUnavailable", "embedded_services"]


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
