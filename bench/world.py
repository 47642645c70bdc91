"""The world that a benchmark runs in: a database of its own on the embedded server, migrated, with open markets."""

from __future__ import annotations

import io
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg

from embedded.services import embedded_services


@contextmanager
def benchmark_world() -> Iterator[None]:
    """Create a database for the block, named in DATABASE_URL, set Django up on it, and drop it in the end.

    Commits are durable, as in production: the peers commit to the same server. Redis keys have a prefix of their
    own. BENCH_TEMPLATE names a migrated database without players, to begin with a copy of it.
    """
    with embedded_services():
        server_url = os.environ["DATABASE_URL"]
        name = f"bench_{secrets.token_hex(6)}"
        template = os.environ.get("BENCH_TEMPLATE", "template0")
        on_server(server_url, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        os.environ |= {
            "DATABASE_URL": server_with(server_url, name),
            "REDIS_PREFIX": name,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LOG_LEVEL": "WARNING",
        }
        try:
            _open_markets()
            yield
        finally:
            os.environ["DATABASE_URL"] = server_url
            on_server(server_url, f'DROP DATABASE "{name}" WITH (FORCE)')


def _open_markets() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    if "BENCH_TEMPLATE" not in os.environ:
        call_command("migrate", verbosity=0)
    # What it says is not for a standard output that is JSON.
    call_command("open_markets", verbosity=0, stdout=io.StringIO())


def server_with(url: str, database: str) -> str:
    """Return the address of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def on_server(url: str, statement: str) -> None:
    """Execute a statement that concerns the server's databases."""
    with psycopg.connect(server_with(url, "postgres"), autocommit=True) as session:
        session.execute(statement)
