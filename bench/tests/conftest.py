"""Fixtures of a database to start from, and of programs run as from the shell."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from django.db import connection, connections

from bench.size import SMALL
from embedded.places import CHECKOUT

LONGEST_SECS = 120.0

RunProgram = Callable[..., str]


@pytest.fixture
def run_program(transactional_db: None) -> RunProgram:
    """Run `python -m MODULE ARGUMENTS` in its small form, on a copy of the tests' database; returns its output."""
    template = str(connection.settings_dict["NAME"])
    # pytest-django makes a database only for tests that ask for one: nobody's exchange is copied.
    assert template.startswith("test_"), template

    def run(*command: str, is_copy: bool = True) -> str:
        # A database that anyone is connected to cannot be copied.
        connections.close_all()
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=CHECKOUT,
            env=os.environ | {SMALL: "1"} | ({"BENCH_TEMPLATE": template} if is_copy else {}),
            capture_output=True,
            text=True,
            timeout=LONGEST_SECS,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run
