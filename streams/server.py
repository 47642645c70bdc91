"""The streams' process: `python -m streams.server`, under the server that STREAM_SERVER names."""

from __future__ import annotations

import os
import resource
from importlib import import_module

#: By the value of STREAM_SERVER, the module that serves. The first is the default.
SERVERS = {"uvicorn": "streams.uvicorn_server", "daphne": "streams.daphne_server"}


def main() -> None:
    """Serve on STREAM_HOST and STREAM_PORT until SIGTERM. Exits with an error for an unknown STREAM_SERVER."""
    chosen = os.environ.get("STREAM_SERVER") or next(iter(SERVERS))
    if chosen not in SERVERS:
        raise SystemExit(f"STREAM_SERVER is {' or '.join(SERVERS)}, not {chosen!r}.")
    # Each client is an open file.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    host, port = os.environ.get("STREAM_HOST") or "127.0.0.1", int(os.environ.get("STREAM_PORT") or 8001)
    import_module(SERVERS[chosen]).serve(host, port)


if __name__ == "__main__":
    main()
