from __future__ import annotations

from datetime import timedelta

import pytest

from analytics.leaderboard.rankings import Traded, most_traded
from attention.biomes import Biome
from markets.models import Candle
from trading.models import Standing

pytestmark = pytest.mark.usefixtures("markets")

Interval, Period = Candle.Interval, Standing.Period


def write(biome, opened_at, volume_micro, interval=Interval.FIVE_MINUTES):
    same = dict.fromkeys(("open_micro", "high_micro", "low_micro", "close_micro", "total_shares_micro"), 1)
    Candle.objects.create(market_id=biome, interval=interval, opened_at=opened_at, volume_micro=volume_micro, **same)


def test_without_trades_all_biomes_have_nothing_in_canonical_order(now):
    assert most_traded(period=Period.DAY, now=now) == [Traded(biome, 0) for biome in Biome]


def test_the_most_traded_comes_first(now):
    write(Biome.SNOW, now, 5)
    write(Biome.BEACH, now, 3)
    write(Biome.SNOW, now - timedelta(hours=1), 6)

    traded = most_traded(period=Period.DAY, now=now)

    assert traded[:3] == [Traded(Biome.SNOW, 11), Traded(Biome.BEACH, 3), Traded(Biome.OCEAN, 0)]
    assert len(traded) == 7


@pytest.mark.parametrize(
    ("period", "interval", "length"),
    [
        (Period.DAY, Interval.FIVE_MINUTES, timedelta(days=1)),
        (Period.WEEK, Interval.HOUR, timedelta(days=7)),
    ],
)
def test_a_period_begins_with_the_candle_in_which_it_starts(now, period, interval, length):
    width = {Interval.FIVE_MINUTES: timedelta(minutes=5), Interval.HOUR: timedelta(hours=1)}[interval]
    write(Biome.SNOW, now - length, 1, interval)
    write(Biome.SNOW, now - length - width, 10, interval)

    assert most_traded(period=period, now=now)[0].volume_micro == 1
    assert most_traded(period=period, now=now - timedelta(microseconds=1))[0].volume_micro == 11


def test_all_time_counts_days(now):
    write(Biome.SNOW, now - timedelta(days=4000), 1, Interval.DAY)
    write(Biome.SNOW, now, 2, Interval.DAY)
    write(Biome.SNOW, now, 4, Interval.HOUR)

    assert most_traded(period=Period.ALL, now=now)[0].volume_micro == 3


def test_it_is_one_query(now, django_assert_num_queries):
    with django_assert_num_queries(1):
        most_traded(period=Period.WEEK, now=now)
