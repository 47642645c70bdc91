from datetime import timedelta

import pytest

from attention.biomes import Biome
from markets.candle_pages import CandleRow
from markets.candles import update_candles
from markets.moves import Move, last_hour, move_over
from markets.tests.cycles import moment, write_cycle
from markets.wire import move_json

NOON = moment("2026-03-01T12:00:00")


def candle(opened_at, opened, close, moved):
    return CandleRow(opened_at, opened, 0, 0, close, 0, 10**12, 0, moved)


def test_what_attention_did_not_do_trades_did():
    move = move_over([candle(NOON, 1_000, 1_300, 400), candle(NOON, 1_300, 900, -50)])
    assert move == Move(NOON, 1_000, 900, 10**12, 350)
    assert (move.change_micro, move.attention_micro, move.trades_micro) == (-100, 350, -450)


def test_of_no_candles_nothing_is_known():
    assert move_over([]) is None


def test_the_last_hour_is_sixty_minutes_and_the_one_under_way(markets):
    for minute in range(-90, 1):
        write_cycle(NOON + timedelta(minutes=minute, seconds=7))
    update_candles()
    candles = last_hour(biome=Biome.SNOW, now=NOON + timedelta(seconds=42))
    assert len(candles) == 61
    assert (candles[0].opened_at, candles[-1].opened_at) == (NOON - timedelta(hours=1), NOON)


@pytest.mark.parametrize(("minutes_ago", "count"), [(59, 1), (60, 1), (62, 0)])
def test_what_is_older_is_left_out(markets, minutes_ago, count):
    write_cycle(NOON - timedelta(minutes=minutes_ago))
    update_candles()
    assert len(last_hour(biome=Biome.SNOW, now=NOON + timedelta(seconds=59))) == count


def test_the_parts_are_told_by_share_in_percent_and_as_cash():
    move = Move(NOON, 100_000_000_000_000, 101_000_000_000_001, 10**12, -500_000_000_000)
    assert move_json(move) == {
        "since": "2026-03-01T12:00:00Z",
        "price_before": "100.00",
        "price_after": "101.00",
        "parts": {
            "attention": {"price": "-0.50", "percent": "-0.50", "cash": "-500000.00"},
            "trades": {"price": "1.50", "percent": "1.50", "cash": "1500000.000001"},
            "together": {"price": "1.00", "percent": "1.00", "cash": "1000000.000001"},
        },
    }
