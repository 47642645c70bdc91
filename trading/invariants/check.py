"""The check of the invariants of money, by hand or each hour."""

from __future__ import annotations

import time
from datetime import datetime

from trading.invariants.results import CheckResult, keep_result, raise_alarm
from trading.invariants.rules import Invariant, check_invariants

#: How many of the newest cycles are computed again.
RECOMPUTED_CYCLES = 1000


def check_ledger(
    *, now: datetime, recomputed_cycles: int = RECOMPUTED_CYCLES, within_secs: float = 0.0
) -> tuple[list[Invariant], CheckResult]:
    """Check every invariant, store the result, and raise the alarm for broken ones.

    Raises OperationalError when an invariant takes longer than `within_secs`: nothing is stored then.
    """
    started_secs = time.perf_counter()
    invariants = check_invariants(recomputed_cycles=recomputed_cycles, within_secs=within_secs)
    result = keep_result(invariants=invariants, took_ms=round((time.perf_counter() - started_secs) * 1000), now=now)
    if result.broken:
        raise_alarm(result)
    return invariants, result
