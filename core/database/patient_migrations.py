"""Migrations beside a running exchange, none of which delays it for longer than a moment.

A change of a table waits until nobody uses the table, and later users wait behind it. So it gives up soon, lets the
others through, and tries again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection
from psycopg import errors as pg

logger = logging.getLogger(__name__)

TRIES = 60
WAIT_SECS = 0.5


def migrate_patiently(*, sleep: Callable[[float], None]) -> None:
    """Migrate; each wait for a lock ends after MIGRATION_LOCK_TIMEOUT_MS, and is tried again.

    The beginning of a migration is undone before. Raises OperationalError when a table was never free.
    """
    for attempt in range(1, TRIES + 1):
        try:
            _migrate()
            return
        except OperationalError as error:
            if attempt == TRIES or not isinstance(error.__cause__, (pg.LockNotAvailable, pg.DeadlockDetected)):
                raise
            logger.warning("a table that is to be changed is in use, trying again in %s s", WAIT_SECS)
            sleep(WAIT_SECS)


def _migrate() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{int(settings.MIGRATION_LOCK_TIMEOUT_MS)}ms"])
    try:
        call_command("migrate", verbosity=0)
    finally:
        connection.close()
