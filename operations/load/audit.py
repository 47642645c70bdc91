"""The comparison of a load's answers with the transactions written: every trade once, none that nobody asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from operations.load.deals import Trade
from trading.invariants.rules import Invariant, check_invariants
from trading.models import BIOME_KINDS, Transaction

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Audit:
    """The result of an audit: the number of trades written, the differences, and every invariant."""

    written: int
    differences: tuple[str, ...]
    invariants: tuple[Invariant, ...]

    @property
    def is_clean(self) -> bool:
        """Return whether no trade is lost or doubled and all invariants hold."""
        return not self.differences and all(invariant.holds for invariant in self.invariants)


def audit(trades: Mapping[UUID, Trade], *, player_ids: Sequence[int], since: datetime) -> Audit:
    """Compare every trade of the load with the transactions, then derive all balances again."""
    rows = Transaction.objects.filter(initiator_id__in=player_ids, kind__in=BIOME_KINDS, at__gte=since)
    written: dict[UUID, list[int]] = {}
    for operation, row_id in rows.values_list("operation", "pk").iterator():
        written.setdefault(operation, []).append(row_id)
    differences = [*differences_of(trades, written)]
    return Audit(sum(map(len, written.values())), tuple(differences), tuple(check_invariants(recomputed_cycles=1000)))


def differences_of(trades: Mapping[UUID, Trade], written: Mapping[UUID, Sequence[int]]) -> list[str]:
    """Return a line for each kind of difference between the answers and the transactions; unanswered trades may be
    either.
    """
    lost = [op for op, trade in trades.items() if trade.id is not None and trade.id not in written.get(op, ())]
    doubled = [op for op, ids in written.items() if len(ids) > 1]
    refused = [op for op, trade in trades.items() if trade.refusal and op in written]
    unasked = [op for op in written if op not in trades]
    found = {
        "accepted, but not written": lost,
        "written more than once": doubled,
        "refused, but written": refused,
        "written, but asked for by nobody": unasked,
    }
    return [_line(what, operations) for what, operations in found.items() if operations]


def _line(what: str, operations: Sequence[UUID]) -> str:
    return f"{len(operations)} trades {what}: {', '.join(map(str, operations[:_NAMED]))}"
