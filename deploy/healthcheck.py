"""The health check of a container's process: `python -m deploy.healthcheck http 8000`, or `alive`; exit 1 if it fails.

Run often, so it imports nothing of the site.
"""

from __future__ import annotations

import http.client
import os
import sys
import time

WAIT_SECS = 3.0
ALIVE_SECS = 30.0


def answers(port: int) -> bool:
    """Return whether the server on this port reports that it is alive."""
    # As nginx asks: for the site's own name, over TLS.
    host = (os.environ.get("ALLOWED_HOSTS") or "localhost").partition(",")[0].lstrip(".")
    server = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_SECS)
    try:
        server.request("GET", "/healthz", headers={"Host": host, "X-Forwarded-Proto": "https"})
        return server.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        server.close()


def is_alive() -> bool:
    """Return whether a process without requests has recently touched ALIVE_FILE (operations/jobs/liveness.py)."""
    try:
        return time.time() - os.stat(os.environ["ALIVE_FILE"]).st_mtime < ALIVE_SECS
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    is_well = answers(int(sys.argv[2])) if sys.argv[1] == "http" else is_alive()
    sys.exit(0 if is_well else 1)
