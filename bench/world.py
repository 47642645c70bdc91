"""The world that a benchmark runs in: a database of its own on the embedded server, migrated, with open markets."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg

from config.embedded.services import embedded_services


@contextmanager
def benchmark_world() -> Iterator[None]:
    """Name a new database in DATABASE_URL and set Django up on it; drop it in the end.

    Commits are durable, as in production: the peers commit to the same server. Redis keys have a prefix of their own.
    """
    with embedded_services():
        server_url = os.environ["DATABASE_URL"]
        name = f"bench_{secrets.token_hex(6)}"
        _on_server(server_url, f'CREATE DATABASE "{name}" TEMPLATE template0')
        os.environ |= {
            "DATABASE_URL": urlunsplit(urlsplit(server_url)._replace(path=f"/{name}")),
            "REDIS_PREFIX": name,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LOG_LEVEL": "WARNING",
        }
        try:
            _open_markets()
            yield
        finally:
            os.environ["DATABASE_URL"] = server_url
            _on_server(server_url, f'DROP DATABASE "{name}" WITH (FORCE)')


def _open_markets() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("open_markets", verbosity=0)


def _on_server(url: str, statement: str) -> None:
    maintenance = urlunsplit(urlsplit(url)._replace(path="/postgres"))
    with psycopg.connect(maintenance, autocommit=True) as session:
        session.execute(statement)
