"""Locks of rows as rivals take them."""

from attention.biomes import Biome
from markets.models import Market


def market_locked(biome: Biome) -> Market:
    """Lock a market as a trade does, until the transaction ends."""
    return Market.objects.select_for_update(of=("self",), no_key=True).get(pk=biome)
