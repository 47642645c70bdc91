"""The tests' services: the embedded ones, found or started before pytest-django reads the settings.

A pytest plugin, loaded by name in pyproject.toml. The tests have databases of their own (pytest-django's `test_...`,
one a worker of pytest-xdist) and, by a prefix, Redis keys of their own: an exchange that runs beside them sees nothing.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from embedded.places import ServiceUnavailable
from embedded.services import embedded_services

# Set for all workers of one test run, so that two runs at once do not share keys either.
RUN = "BIOME_EXCHANGE_TEST_RUN"

_services = ExitStack()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    """Start the services before anything can read the settings."""
    try:
        _services.enter_context(embedded_services())
    except ServiceUnavailable as error:
        raise pytest.UsageError(str(error)) from None
    # On a database of the user's own, too, whose settings would ask for one.
    os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(40))
    # Many a test is a transaction, and none is cut off for being slow.
    os.environ.setdefault("TRANSACTION_SILENT_MS", "60000")
    run = os.environ.setdefault(RUN, secrets.token_hex(4))
    os.environ["REDIS_PREFIX"] = f"test-{run}-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    yield


def pytest_unconfigure() -> None:
    """Release the services, however the run has ended. Workers hold none: they inherit the addresses."""
    _services.close()
