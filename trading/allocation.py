"""How what a player owns is spread over cash and biomes. Pure: a portfolio in, parts out."""

from __future__ import annotations

from dataclasses import dataclass

from attention.biomes import Biome
from trading.portfolio import Portfolio

#: How long the bar is that the parts make up together.
BAR_LENGTH = 1000


@dataclass(frozen=True, slots=True)
class Part:
    """Cash, or the shares of a biome at their price; where it is in the bar; and its percent of the whole."""

    biome: Biome | None
    amount_micro: int
    begin: int
    length: int
    percent: str


def allocation_of(owned: Portfolio) -> list[Part]:
    """Cash first, then the holdings, one behind the other."""
    whole_micro = owned.mark_micro or 1
    amounts: list[tuple[Biome | None, int]] = [(None, owned.money_micro)]
    amounts += [(Biome(position.holding.market_id), position.mark_micro) for position in owned.held]
    parts, before_micro = [], 0
    for biome, micro in amounts:
        begin, end = (BAR_LENGTH * place // whole_micro for place in (before_micro, before_micro + micro))
        parts.append(Part(biome, micro, begin, end - begin, f"{100 * micro / whole_micro:.1f}"))
        before_micro += micro
    return parts
