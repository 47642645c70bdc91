"""Compute cycles of the exchange again: `python verify_cycle.py https://exchange.example [number]`. See cycles.md."""

import json
import sys
import urllib.request
from decimal import Decimal
from typing import Any


def micro(text: str, unit: int = 1_000_000) -> int:
    return int(Decimal(text) * unit)


def split(amount: int, weights: list[int]) -> list[int]:
    whole = sum(weights) or 1
    parts = [amount * weight // whole for weight in weights]
    for index in sorted(range(len(weights)), key=lambda i: -(amount * weights[i] % whole))[: amount - sum(parts)]:
        parts[index] += 1
    return parts


def cash_after(cycle: dict[str, Any]) -> list[int]:
    rules, markets = cycle["settings"], cycle["markets"]
    cash, points = [micro(m["cash_before"]) for m in markets], [m["attention_points"] for m in markets]
    pool, move = (micro(rules[name], 100) for name in ("redistribution_pool_percent", "max_move_percent"))
    if rules["prices_frozen"] or not sum(points):
        return cash
    got = split(sum(c * pool // 10_000 for c in cash), points)
    caps, aims = [c * move // 10_000 for c in cash], [g - c * pool // 10_000 for c, g in zip(cash, got)]
    floors = [micro(rules["price_floor"]) * micro(m["total_shares"]) // 1_000_000 for m in markets]
    ups = [min(max(aim, 0), cap) for aim, cap in zip(aims, caps)]
    downs = [min(max(-aim, 0), cap, max(c - f, 0)) for aim, cap, c, f in zip(aims, caps, cash, floors)]
    flow = min(sum(ups), sum(downs))
    return [c + gain - loss for c, gain, loss in zip(cash, split(flow, ups), split(flow, downs))]


if __name__ == "__main__":
    path = f"cycles/{sys.argv[2]}" if len(sys.argv) > 2 else "cycles?limit=20"
    told = json.load(urllib.request.urlopen(f"{sys.argv[1]}/api/v1/biome-market/{path}"))
    for cycle in told.get("results", [told]):
        holds = cash_after(cycle) == [micro(market["cash_after"]) for market in cycle["markets"]]
        print(cycle["cycle"], "holds" if holds else "DOES NOT HOLD")
