"""The price that a market is heading to: its part of all attention, times all cash, over its shares."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client

from accounts.models import User
from attention.biomes import Biome
from attention.meter import give_attention
from markets import events
from markets.economic_settings import change_settings
from markets.models import Cycle, Market
from markets.payloads import heading_prices
from markets.redistribution.cycle import run_cycle
from markets.snapshot import take_snapshot

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("markets")]

FLOOR_MICRO = 1_000_000


def cycle_of(points: dict[Biome, int], *, number: int, player: User, now: datetime) -> Cycle:
    if points:
        give_attention(player_id=player.pk, points=points, budget_points=10)
    ran = run_cycle(number=number, now=now + timedelta(seconds=number), announce=False)
    assert ran is not None
    return ran


def told(snapshot: dict[str, Any]) -> dict[str, str | None]:
    return {market["biome"]: market["heading_price"] for market in snapshot["markets"]}


def test_none_before_the_first_attention(alice: User, now: datetime) -> None:
    cycle_of({}, number=1, player=alice, now=now)

    assert set(told(take_snapshot()).values()) == {None}


def test_a_part_of_all_attention_times_all_cash_over_the_shares(alice: User, now: datetime) -> None:
    cycle_of({Biome.OCEAN: 3, Biome.SNOW: 4}, number=1, player=alice, now=now)

    # 3 and 4 sevenths of 700,000,000 BDT over 1,000,000 shares; the others stop at the floor.
    assert told(take_snapshot()) == dict.fromkeys(Biome, "1.00") | {Biome.OCEAN: "300.00", Biome.SNOW: "400.00"}
    assert told(take_snapshot(Biome.OCEAN)) == {Biome.OCEAN: "300.00"}


def test_cycles_without_attention_leave_it(alice: User, now: datetime) -> None:
    cycle_of({Biome.OCEAN: 3, Biome.SNOW: 4}, number=1, player=alice, now=now)
    before = told(take_snapshot())

    cycle_of({}, number=2, player=alice, now=now)

    assert told(take_snapshot()) == before


def test_the_newest_attention_counts_alone(alice: User, now: datetime) -> None:
    cycle_of({Biome.OCEAN: 3, Biome.SNOW: 4}, number=1, player=alice, now=now)
    cycle_of({Biome.DESERT: 5}, number=2, player=alice, now=now)

    assert told(take_snapshot()) == dict.fromkeys(Biome, "1.00") | {Biome.DESERT: "700.00"}


def test_what_traders_pay_in_moves_it_in_every_market(alice: User, now: datetime) -> None:
    cycle_of(dict.fromkeys(Biome, 1), number=1, player=alice, now=now)

    Market.objects.filter(pk=Biome.OCEAN).update(
        cash_micro=F("cash_micro") + 70_000_000_000, bar_high_micro=F("bar_high_micro") + 70_000_000_000
    )

    assert told(take_snapshot())[Biome.SNOW] == "100.01"


def test_the_floor_is_the_settings(alice: User, root: User, now: datetime) -> None:
    cycle_of({Biome.OCEAN: 10}, number=1, player=alice, now=now)

    change_settings(changed_by=root, reason="higher", now=now, price_floor_micro=2_500_000)

    assert told(take_snapshot())[Biome.SNOW] == "2.50"


def test_prices_come_to_it(alice: User, now: datetime) -> None:
    for number in range(1, 120):
        cycle_of({Biome.OCEAN: 2, **dict.fromkeys(list(Biome)[1:], 1)}, number=number, player=alice, now=now)

    snapshot = take_snapshot()
    heading = told(snapshot)
    assert heading[Biome.OCEAN] == "175.00"
    for market in snapshot["markets"]:
        assert float(market["price"]) == pytest.approx(float(heading[market["biome"]]), rel=1e-6)


def test_the_stream_tells_it_to_all_and_to_each(alice: User, now: datetime) -> None:
    give_attention(player_id=alice.pk, points={Biome.OCEAN: 3, Biome.SNOW: 4}, budget_points=10)
    cycle = run_cycle(number=1, now=now, announce=False)
    assert cycle is not None
    ticks = list(cycle.ticks.select_related("market"))

    to_all, *singles = events.cycle_events(cycle=cycle, ticks=ticks)

    assert told(dict(to_all.content)) == told(take_snapshot())
    assert [told(dict(single.content)) for single in singles] == [
        {tick.market_id: told(take_snapshot())[tick.market_id]} for tick in ticks
    ]


def test_the_api_gives_it_with_an_etag_that_it_changes(alice: User, now: datetime) -> None:
    caller = Client()
    # Both leave the cash where it is: only the attention differs.
    Market.objects.update(attention_points=1)
    first = caller.get("/api/v1/biome-market/markets/ocean")
    Market.objects.filter(pk=Biome.OCEAN).update(attention_points=2)
    second = caller.get("/api/v1/biome-market/markets/ocean", headers={"If-None-Match": first["ETag"]})

    assert (first.status_code, second.status_code) == (200, 200)
    assert [reply.json()["markets"][0]["heading_price"] for reply in (first, second)] == ["100.00", "175.00"]


def test_the_markets_page_tells_it_in_a_line(alice: User, now: datetime) -> None:
    cycle_of({Biome.OCEAN: 3, Biome.SNOW: 4}, number=1, player=alice, now=now)

    page = Client().get("/biome-market/snow/").content.decode()

    assert "this price is heading to" in page
    assert 'data-live="heading" value="400.00"' in page


def test_is_exact_in_whole_numbers(markets: None) -> None:
    rows = [Market(biome=biome, cash_micro=1, total_shares_micro=3_000_000, attention_points=0) for biome in Biome]
    rows[0].cash_micro, rows[0].attention_points = 10**18, 2
    rows[1].attention_points = 1

    heading = heading_prices(rows, floor_micro=FLOOR_MICRO)

    # (10**18 + 6) * 2 / 3 over 3 shares, and half of that; in BDT with 6 places.
    assert heading[Biome.OCEAN] == "222222222222.222224"
    assert heading[Biome.BEACH] == "111111111111.111112"
    assert heading[Biome.SNOW] == "1.00"
