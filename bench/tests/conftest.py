"""A database to begin with, and programs that run as one calls them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from django.db import connection, connections

from bench.size import SMALL
from config.embedded.places import CHECKOUT

LONGEST_SECS = 120.0

RunProgram = Callable[..., str]


@pytest.fixture
def run_program(django_db_setup: None) -> RunProgram:
    """Run `python -m MODULE ARGUMENTS` on a copy of the tests' database, which is migrated; returns what it prints."""
    template = connection.settings_dict["NAME"]

    def run(*command: str) -> str:
        # A database that anyone is connected to cannot be copied.
        connections.close_all()
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=CHECKOUT,
            env=os.environ | {"BENCH_TEMPLATE": template, SMALL: "1"},
            capture_output=True,
            text=True,
            timeout=LONGEST_SECS,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run
