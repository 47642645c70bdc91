"""The size of a benchmark: as much as its figures need, or just enough to see that it still runs."""

from __future__ import annotations

import os
from typing import TypeVar

SMALL = "BENCH_SMALL"

Value = TypeVar("Value")


def sized(full: Value, *, small: Value) -> Value:
    """Return `small` where the environment asks for it, as --small does; else `full`."""
    return small if os.environ.get(SMALL) else full
