"""The distribution of a player's property over cash, shares and land. Pure: a portfolio in, parts out."""

from __future__ import annotations

from dataclasses import dataclass

from attention.biomes import Biome
from trading.positions import Portfolio

#: How long the bar is that the parts make up together.
BAR_LENGTH = 1000


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a player's property: cash, the shares of a biome at their price, or all land; with its place in the bar
    and its percentage.

    `key` is "cash", the biome, or "land".
    """

    key: str
    biome: Biome | None
    amount_micro: int
    begin: int
    length: int
    percent: str


def allocation_of(owned: Portfolio) -> list[Part]:
    """Return the parts in the order of the bar: cash, then the holdings, then the land where there is any."""
    whole_micro = owned.worth_micro or 1
    amounts: list[tuple[str, Biome | None, int]] = [("cash", None, owned.money_micro)]
    for position in owned.held:
        held_in = Biome(position.holding.market_id)
        amounts.append((held_in.value, held_in, position.mark_micro))
    if owned.parcels:
        amounts.append(("land", None, owned.land_micro))
    parts, before_micro = [], 0
    for key, biome, micro in amounts:
        begin, end = (BAR_LENGTH * place // whole_micro for place in (before_micro, before_micro + micro))
        parts.append(Part(key, biome, micro, begin, end - begin, f"{100 * micro / whole_micro:.1f}"))
        before_micro += micro
    return parts
