"""The redistribution of one cycle: largest remainders, and a clamp that keeps the total to the unit. Pure.

All lists run over the markets in canonical order, which breaks every tie. Money in micro-BDT. Source: the design's
economics, "The redistribution cycle", steps 2 and 3.
"""

from __future__ import annotations

from collections.abc import Sequence

_BPS_WHOLE = 10_000


def split_by_weight(amount: int, weights: Sequence[int]) -> list[int]:
    """Split `amount` in proportion to `weights`, exactly: floors first, then one unit each to the largest remainders.

    Ties go to the earlier weight. Weights are whole numbers, not negative; raises ValueError when all are zero and the
    amount is not.
    """
    whole = sum(weights)
    if amount == 0:
        return [0] * len(weights)
    if whole == 0:
        raise ValueError("nothing to split by: every weight is zero")
    parts = [amount * weight // whole for weight in weights]
    remainders = [amount * weight % whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda index: -remainders[index])
    for index in by_remainder[: amount - sum(parts)]:
        parts[index] += 1
    return parts


def targets_of(*, cash: Sequence[int], attention: Sequence[int], pool_bps: int) -> list[int]:
    """Return each market's cash if the whole pool were distributed by attention. The total stays the same."""
    pools = [amount * pool_bps // _BPS_WHOLE for amount in cash]
    parts = split_by_weight(sum(pools), attention)
    return [amount - pool + part for amount, pool, part in zip(cash, pools, parts, strict=True)]


def redistribute_cash(
    *, cash: Sequence[int], attention: Sequence[int], floors: Sequence[int], pool_bps: int, move_bps: int
) -> list[int]:
    """Return each market's cash after one cycle; unchanged without attention.

    The sum is kept to the unit. No market moves by more than `move_bps` of its cash, falls through its floor (one that
    stands below it does not fall), or moves away from or past its target.
    """
    if sum(attention) == 0:
        return list(cash)
    targets = targets_of(cash=cash, attention=attention, pool_bps=pool_bps)
    ups, downs = [], []
    for amount, target, floor in zip(cash, targets, floors, strict=True):
        cap = amount * move_bps // _BPS_WHOLE
        ups.append(min(max(target - amount, 0), cap))
        downs.append(min(max(amount - target, 0), cap, max(amount - floor, 0)))
    matched = min(sum(ups), sum(downs))
    gains = split_by_weight(matched, ups)
    losses = split_by_weight(matched, downs)
    return [amount + gain - loss for amount, gain, loss in zip(cash, gains, losses, strict=True)]
