"""Proxy bidding finds the leader and the price."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.pricing.land_prices import increment_of
from marketplace.pricing.proxy_bidding import Standing, after_bid

BDT = 1_000_000
ADA, BEN = 1, 2


def bid(standing: Standing, bidder: int, max_bdt: float, reserve_bdt: float | None = None) -> tuple[float, int | None]:
    reserve = None if reserve_bdt is None else int(reserve_bdt * BDT)
    after = after_bid(standing, bidder_id=bidder, max_micro=int(max_bdt * BDT), reserve_micro=reserve)
    return after.price_micro / BDT, after.leader_id


START = Standing(100 * BDT)
LED = Standing(100 * BDT, ADA, 200 * BDT)


@pytest.mark.parametrize(
    ("price_bdt", "step_bdt"), [(1, 1), (20, 1), (20.00002, 1.000001), (100, 5), (0.5, 1)]
)  # fmt: skip
def test_a_step_is_five_percent_or_one_bdt(price_bdt: float, step_bdt: float) -> None:
    assert increment_of(round(price_bdt * BDT)) == round(step_bdt * BDT)


@pytest.mark.parametrize(
    ("standing", "bidder", "max_bdt", "reserve_bdt", "price_bdt", "leader"),
    [
        pytest.param(START, ADA, 300, None, 100, ADA, id="the first bid leads at the starting price"),
        pytest.param(LED, BEN, 150, None, 157.5, ADA, id="a lower maximum lifts the leader by a step"),
        pytest.param(LED, BEN, 195, None, 200, ADA, id="but never above the leader's maximum"),
        pytest.param(LED, BEN, 200, None, 200, ADA, id="of two equal maxima the earlier leads"),
        pytest.param(LED, BEN, 300, None, 210, BEN, id="a higher maximum leads by a step"),
        pytest.param(LED, BEN, 205, None, 205, BEN, id="or by what there is"),
        pytest.param(LED, ADA, 500, None, 100, ADA, id="the leader's own raise moves no price"),
        pytest.param(START, ADA, 300, 250, 250, ADA, id="a maximum beyond the reserve meets it"),
        pytest.param(START, ADA, 240, 250, 100, ADA, id="one below does not"),
        pytest.param(LED, ADA, 300, 250, 250, ADA, id="the leader's raise meets it too"),
    ],
)
def test_after_a_bid(
    standing: Standing, bidder: int, max_bdt: float, reserve_bdt: float | None, price_bdt: float, leader: int
) -> None:
    assert bid(standing, bidder, max_bdt, reserve_bdt) == (price_bdt, leader)


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 10**12)), max_size=30), st.integers(1, 10**9))
def test_the_price_never_falls_and_the_highest_maximum_leads(bids: list[tuple[int, int]], start: int) -> None:
    standing, best = Standing(start), 0
    for bidder, max_micro in bids:
        least = standing.leader_max_micro + 1 if standing.leader_id == bidder else standing.least_bid_micro
        if max_micro < least:
            continue
        after = after_bid(standing, bidder_id=bidder, max_micro=max_micro, reserve_micro=None)
        best = max(best, max_micro)
        assert after.price_micro >= standing.price_micro
        assert after.leader_max_micro == best
        assert after.price_micro <= after.leader_max_micro
        standing = after
