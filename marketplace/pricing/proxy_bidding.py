"""The rules of proxy bidding: the exchange bids for the leader, no more than is needed, up to the leader's maximum.

Pure: the bidders' maximums in, the price and the leader out.
"""

from __future__ import annotations

from dataclasses import dataclass

from marketplace.pricing.land_prices import increment_of


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of an auction, in micro-BDT. Before the first bid the price is the starting price and nobody leads."""

    price_micro: int
    leader_id: int | None = None
    leader_max_micro: int = 0

    @property
    def least_bid_micro(self) -> int:
        """Return the least maximum that anyone but the leader may name."""
        if self.leader_id is None:
            return self.price_micro
        return self.price_micro + increment_of(self.price_micro)


def after_bid(standing: Standing, *, bidder_id: int, max_micro: int, reserve_micro: int | None) -> Standing:
    """Return the state after a bid of at least `least_bid_micro`, or of the leader above the own maximum.

    Of two equal maxima the earlier leads. A maximum that reaches the reserve brings the price to it at once.
    """
    if standing.leader_id in (None, bidder_id):
        after = Standing(standing.price_micro, bidder_id, max_micro)
    elif max_micro > standing.leader_max_micro:
        beaten = standing.leader_max_micro
        after = Standing(min(max_micro, beaten + increment_of(beaten)), bidder_id, max_micro)
    else:
        price = min(standing.leader_max_micro, max_micro + increment_of(max_micro))
        after = Standing(price, standing.leader_id, standing.leader_max_micro)
    return _at_reserve(after, reserve_micro)


def _at_reserve(standing: Standing, reserve_micro: int | None) -> Standing:
    if reserve_micro is None or not standing.price_micro < reserve_micro <= standing.leader_max_micro:
        return standing
    return Standing(reserve_micro, standing.leader_id, standing.leader_max_micro)
