"""Behind a pooler in transaction mode, no cursor outlives a transaction, and statements are prepared only if it can."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.db import connection, connections

from core.database.transactions import prepared_row

TELL = (
    "import json; from config.settings import DATABASES; database = DATABASES['default'];"
    "print(json.dumps([database['OPTIONS']['prepare_threshold'], database['DISABLE_SERVER_SIDE_CURSORS']]))"
)


def ask_twice_and_count_prepared() -> int:
    try:
        for number in range(2):
            prepared_row("SELECT %(number)s::bigint", {"number": number})
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_prepared_statements")
            return int(cursor.fetchone()[0])
    finally:
        connection.close()


@pytest.mark.parametrize(("threshold", "prepared"), [(1_000_000_000, 1), (None, 0)])
def test_statements_are_prepared_where_the_pooler_can(transactional_db, monkeypatch, threshold, prepared):
    monkeypatch.setitem(connections.settings["default"]["OPTIONS"], "prepare_threshold", threshold)

    # A connection of its own, which is made now.
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(ask_twice_and_count_prepared).result() == prepared


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({}, [1_000_000_000, False]),
        ({"DATABASE_POOLED": "1", "DATABASE_PREPARED_STATEMENTS": "0"}, [None, True]),
    ],
)
def test_the_environment_says_what_the_pooler_can(variables, told):
    answer = subprocess.run(
        [sys.executable, "-c", TELL],
        cwd=settings.BASE_DIR,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(answer.stdout) == told
