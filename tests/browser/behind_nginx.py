"""The exchange of docker-compose.yml for browser tests: behind nginx and PgBouncer, with TLS, as in production.

It needs Debian's nginx, PgBouncer and Redis: deploy/loopback lists them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from deploy.loopback import Loopback
from embedded.places import CHECKOUT
from tests.browser.exchange import HURRY, end_auction, forget_events, make_administrator

# No process of production: it asks for what production refuses.
CROWD = {"PRODUCTION": "0", "CROWD_ENABLED": "1", "LOG_LEVEL": "WARNING"}


class BehindNginx(Loopback):
    """The counterpart of `tests.browser.exchange.Exchange` behind nginx, by the names of the compose file."""

    def end_auction(self, listing_id: int) -> None:
        """Set a listing's end to a moment ago."""
        end_auction(self.database_url, listing_id)

    def forget_events(self) -> None:
        """Delete the log of events, as in a Redis that was emptied: no client can be told what it missed."""
        forget_events(self.environment())

    def make_administrator(self, name: str, password: str) -> None:
        """Create an administrator with all permissions."""
        make_administrator(self.environment(), name, password)


# A mail server that is never spoken to: without one, production lets nobody ask for a new password.
MAIL = {"EMAIL_URL": "smtp+tls://exchange@localhost:587"}


@contextmanager
def exchange_behind_nginx() -> Iterator[BehindNginx]:
    """Run an exchange with a simulated crowd, and remove all of it in the end.

    Raises CannotRun when a program is missing.
    """
    with BehindNginx(tls=True, environment=HURRY | MAIL) as exchange:
        # Whom the programs have to trust that the stories paste into a shell.
        os.environ["CURL_CA_BUNDLE"] = str(exchange.ca_file)
        environment = {**os.environ, **exchange.environment(), **CROWD}
        with (exchange.logs / "crowd.log").open("wb") as log:
            crowd = subprocess.Popen(
                [sys.executable, "manage.py", "crowd"], cwd=CHECKOUT, env=environment, stdout=log, stderr=log
            )
        try:
            yield exchange
        finally:
            crowd.terminate()
            crowd.wait()
            del os.environ["CURL_CA_BUNDLE"]
