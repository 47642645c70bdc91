"""Two players' visit to a running exchange, over real HTTP and a real socket, to see that its parts work together.

Knows the exchange by its contract alone: no database, no models, but for the operator's who may help (`operator.py`).
Each step asks something of the exchange, checks the answer and says in a few words what it found; a step leaves in the
`Visit` what later ones need.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from operations.smoke import account, land, shares, stream
from operations.smoke.visit import WAIT_SECS, Administrator, Unexpected, Visit

__all__ = ["STEPS", "WAIT_SECS", "Administrator", "Visit", "play"]

#: In this order; each may need what the ones before it have left in the visit.
STEPS: dict[str, Callable[[Visit], str]] = {
    "healthz": account.see_alive,
    "readyz": account.see_ready,
    "register": account.register,
    "sign in": account.sign_in,
    "address": account.verify_address,
    "markets": shares.see_markets,
    "money": account.hold_money,
    "portfolio": shares.see_portfolio,
    "attention": shares.give_attention,
    "quote": shares.ask_quote,
    "buy": shares.buy,
    "buy repeated": shares.repeat_buy,
    "sell": shares.sell,
    "transactions": shares.see_transactions,
    "refusal": shares.refuse_debt,
    "balance": shares.see_balance,
    "land": land.see_land,
    "land bought": land.buy_land,
    "land listed": land.list_land,
    "bid": land.bid,
    "buy-now": land.buy_now,
    "audit trail": land.see_audit_trail,
    "socket": stream.hear_market,
}


def play(visit: Visit, *, write: Callable[[str], None]) -> bool:
    """Take all steps, one line each; at the first failure say what it was and return False."""
    for name, step in STEPS.items():
        started = time.perf_counter()
        try:
            found = step(visit)
        except Exception as failure:  # whatever it is, the exchange is not as it should be
            what = str(failure) if isinstance(failure, Unexpected) else f"{type(failure).__name__}: {failure}"
            write(f"FAILED {name}: {what}")
            return False
        write(f"ok {name}: {found} {(time.perf_counter() - started) * 1000:.0f} ms")
    return True
