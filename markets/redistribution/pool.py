"""The sources and destinations of the last cycle's pool, after the clamp, as a page draws them. Reads only.

`static/js/pool.js` draws the same for each cycle that follows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from markets import payloads
from markets.models import Cycle, Tick
from markets.money import BPS_WHOLE, micro_text, part_text
from markets.redistribution.matched_flow import targets_of
from markets.selectors import cycle_with_ticks

# Narrower parts of the picture have no room for a mark.
LEAST_MARKED_PERCENT = 5.0


@dataclass(frozen=True, slots=True)
class Part:
    """A market's part of a whole, in percent from the left, for drawing."""

    left: float
    width: float

    @property
    def right(self) -> float:
        """Return the right end of the part, in percent."""
        return self.left + self.width

    @property
    def middle(self) -> float:
        """Return the middle of the part, in percent."""
        return self.left + self.width / 2


@dataclass(frozen=True, slots=True)
class Flow:
    """A market's flow in a cycle: its part of the pool paid in, its part handed back, and the cash added.

    These are the actual amounts, not the targets: where the clamp was at work, a market did not get its share of
    attention. `added`, `paid_bdt` and `got_bdt` in BDT, `added_percent` of the cash before, and `attention`, from 0
    to 1, are decimal strings; None before the first cycle.
    """

    biome: str
    paid: Part
    got: Part
    added: str | None = None
    attention: str | None = None
    added_percent: str | None = None
    paid_bdt: str | None = None
    got_bdt: str | None = None

    @property
    def ribbon(self) -> str:
        """Return the path from one part down to the other, in a box of 100 by 100."""
        paid, got = self.paid, self.got
        return (
            f"M{paid.left:.2f} 0H{paid.right:.2f}C{paid.right:.2f} 50 {got.right:.2f} 50 {got.right:.2f} 100"
            f"H{got.left:.2f}C{got.left:.2f} 50 {paid.left:.2f} 50 {paid.left:.2f} 0Z"
        )

    @property
    def middle(self) -> float:
        """Return the middle of the ribbon, in percent."""
        return (self.paid.middle + self.got.middle) / 2

    @property
    def is_narrow(self) -> bool:
        """Return whether the ribbon is too narrow for a mark and figures."""
        return min(self.paid.width, self.got.width) < LEAST_MARKED_PERCENT


@dataclass(frozen=True, slots=True)
class Pool:
    """The pool of a cycle: BDT pooled, BDT moved between markets, and each market's flow in canonical order."""

    pooled: str
    moved: str
    flows: list[Flow]
    is_clamped: bool = False


def pool_of(snapshot: Mapping[str, Any]) -> Pool:
    """Return the pool of a snapshot's cycle; an idle pool where there is no cycle yet or its ticks are deleted."""
    try:
        cycle, ticks = cycle_with_ticks(snapshot["cycle"])
    except Cycle.DoesNotExist:
        ticks = []
    return _pool_of_cycle(cycle, ticks) if ticks else _pool_at_rest(snapshot["markets"])


def _pool_of_cycle(cycle: Cycle, ticks: Sequence[Tick]) -> Pool:
    pool_bps = cycle.settings.redistribution_pool_bps
    paid_micro = [tick.cash_before_micro * pool_bps // BPS_WHOLE for tick in ticks]
    got_micro = [
        paid + tick.cash_after_micro - tick.cash_before_micro for paid, tick in zip(paid_micro, ticks, strict=True)
    ]
    told = payloads.redistributions_json(ticks)
    return Pool(
        pooled=micro_text(sum(paid_micro)),
        moved=micro_text(cycle.moved_micro),
        flows=[
            Flow(
                biome=market["biome"],
                paid=paid_part,
                got=got_part,
                added=market["amount_added_bdt"],
                attention=market["new_attention_weight"],
                added_percent=_percent(tick),
                paid_bdt=micro_text(paid),
                got_bdt=micro_text(got),
            )
            for market, tick, paid_part, got_part, paid, got in zip(
                told, ticks, _parts(paid_micro), _parts(got_micro), paid_micro, got_micro, strict=True
            )
        ],
        is_clamped=_is_clamped(cycle, ticks),
    )


def _percent(tick: Tick) -> str | None:
    """Return the percentage by which the cycle moved the price, as a market's total shares are constant."""
    return part_text(tick.cash_after_micro - tick.cash_before_micro, tick.cash_before_micro)


def _is_clamped(cycle: Cycle, ticks: Sequence[Tick]) -> bool:
    attention = [tick.attention_points for tick in ticks]
    if cycle.reason != Cycle.Reason.REDISTRIBUTED or not any(attention):
        return False
    cash = [tick.cash_before_micro for tick in ticks]
    targets = targets_of(cash=cash, attention=attention, pool_bps=cycle.settings.redistribution_pool_bps)
    return targets != [tick.cash_after_micro for tick in ticks]


def _pool_at_rest(markets: Sequence[Mapping[str, str]]) -> Pool:
    parts = _parts([float(market["cash"]) for market in markets])
    flows = [Flow(market["biome"], part, part) for market, part in zip(markets, parts, strict=True)]
    return Pool(micro_text(0), micro_text(0), flows)


def _parts(amounts: Sequence[float]) -> list[Part]:
    whole = sum(amounts) / 100 or 1
    ends = accumulate(amounts, initial=0.0)
    return [Part(left / whole, amount / whole) for left, amount in zip(ends, amounts, strict=False)]
