from datetime import timedelta

import pytest

from attention.biomes import Biome
from markets.history.candles import update_candles
from markets.history.price_attribution import LastHour, Minute, Move, last_hour
from markets.models import Market
from markets.payloads import move_json
from markets.tests.cycles import moment, write_cycle

NOON = moment("2026-03-01T12:00:00")


def test_what_attention_did_not_do_trades_did():
    minutes = [Minute(NOON, 1_000, 400), Minute(NOON + timedelta(minutes=1), 1_300, -50)]
    move = LastHour(minutes, 900, 850, 10**12, 7).move
    assert move == Move(NOON, 1_000, 900, 10**12, 350)
    assert (move.change_micro, move.attention_micro, move.trades_micro) == (-100, 350, -450)


def test_without_cycles_nothing_is_known(markets):
    assert last_hour(biome=Biome.SNOW, now=NOON) is None


def test_the_last_hour_is_sixty_minutes_and_the_one_under_way(markets):
    for minute in range(-90, 1):
        write_cycle(NOON + timedelta(minutes=minute, seconds=7))
    update_candles()
    minutes = last_hour(biome=Biome.SNOW, now=NOON + timedelta(seconds=42)).minutes
    assert len(minutes) == 61
    assert (minutes[0].opened_at, minutes[-1].opened_at) == (NOON - timedelta(hours=1), NOON)


@pytest.mark.parametrize(("minutes_ago", "is_known"), [(59, True), (60, True), (62, False)])
@pytest.mark.parametrize("is_kept", [True, False])
def test_what_is_older_is_left_out(markets, minutes_ago, is_known, is_kept):
    write_cycle(NOON - timedelta(minutes=minutes_ago))
    if is_kept:
        update_candles()
    assert (last_hour(biome=Biome.SNOW, now=NOON + timedelta(seconds=59)) is not None) == is_known


def test_it_is_true_to_the_last_cycle_however_late_candles_are(markets):
    for second in (10, 40):
        write_cycle(NOON + timedelta(seconds=second), 500, moved=3)
    update_candles()
    for second in (55, 61, 130):
        write_cycle(NOON + timedelta(seconds=second), 700 + second, moved=5)
    Market.objects.filter(pk=Biome.OCEAN).update(cash_micro=900, bar_open_micro=830, bar_low_micro=830)
    late = last_hour(biome=Biome.OCEAN, now=NOON + timedelta(seconds=131))
    assert late.minutes == [
        (NOON, 499, 11),
        (NOON + timedelta(minutes=1), 760, 5),
        (NOON + timedelta(minutes=2), 829, 5),
    ]
    assert (late.cash_micro, late.cycle_cash_micro, late.cycle) == (900, 830, 5)
    assert (late.move.attention_micro, late.move.change_micro) == (21, 401)
    update_candles()
    assert last_hour(biome=Biome.OCEAN, now=NOON + timedelta(seconds=131)) == late


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
