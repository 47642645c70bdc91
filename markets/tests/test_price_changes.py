"""Each price against 5 minutes, an hour and a day ago."""

from datetime import timedelta

import pytest

from attention.biomes import Biome
from markets.history.candles import update_candles
from markets.history.price_changes import PriceChanges, price_changes
from markets.models import Candle, Cycle, Market, Tick
from markets.tests.cycles import moment, write_cycle

NOW = moment("2026-03-02T10:00:30")
# A market opens with 10**14 micro-BDT of cash, at 100 BDT a share; a cash of n * 10**12 is a price of n.
UNKNOWN = PriceChanges(None, None, None, None, None, None)

pytestmark = pytest.mark.usefixtures("markets")


def ago(*, hours=0, minutes=0, secs=0):
    return NOW - timedelta(hours=hours, minutes=minutes, seconds=secs)


def forget_ticks(before):
    """Delete ticks and cycles as retention does, whatever its setting."""
    Tick.objects.filter(at__lt=before).delete()
    Cycle.objects.filter(at__lt=before).delete()


def test_before_any_cycle_nothing_is_known():
    assert price_changes(NOW) == dict.fromkeys(Biome, UNKNOWN)


def test_without_markets_there_are_no_changes():
    Market.objects.all().delete()
    assert price_changes(NOW) == {}


def test_a_price_is_compared_with_the_newest_cycle_until_then():
    write_cycle(ago(hours=24, secs=1), 50 * 10**12)
    write_cycle(ago(hours=24), 80 * 10**12)
    write_cycle(ago(hours=23), 1)
    write_cycle(ago(hours=1), 200 * 10**12)
    write_cycle(ago(minutes=5, secs=1), 96 * 10**12)
    write_cycle(ago(minutes=4, secs=59), 1)
    changes = price_changes(NOW)
    assert list(changes) == list(Biome)
    assert changes[Biome.OCEAN] == PriceChanges("4.166667", "-50.00", "25.00", "96.00", "200.00", "80.00")


def test_each_market_is_compared_with_itself():
    write_cycle(ago(minutes=5), 10**14)
    Market.objects.filter(biome="snow").update(cash_micro=2 * 10**14, bar_high_micro=2 * 10**14)
    changes = price_changes(NOW)
    assert changes[Biome.OCEAN].five_minutes == "0.00"
    assert changes[Biome.SNOW].five_minutes == "100.00"
    assert changes[Biome.SNOW].hour is None


def test_a_price_that_old_is_not_made_up():
    write_cycle(ago(minutes=59, secs=59), 80 * 10**12)
    assert price_changes(NOW)[Biome.OCEAN] == PriceChanges("25.00", None, None, "80.00", None, None)


def test_while_the_exchange_stood_still_the_last_price_held():
    write_cycle(ago(hours=30), 50 * 10**12)
    assert price_changes(NOW)[Biome.OCEAN].five_minutes == "100.00"


def test_where_the_ticks_are_gone_the_minute_says_what_it_began_with():
    write_cycle(ago(hours=24, secs=40), 7 * 10**12)  # the minute before
    write_cycle(ago(hours=24, secs=10), 80 * 10**12)  # its bar opens one below
    write_cycle(ago(hours=23), 10**14)
    update_candles()
    forget_ticks(ago(hours=23))
    changes = price_changes(NOW)[Biome.OCEAN]
    assert changes.day_from == "80.00"
    assert (
        Candle.objects.get(market="ocean", interval="1m", opened_at=ago(hours=24, secs=30)).open_micro
        == 80 * 10**12 - 1
    )


def test_where_the_ticks_are_gone_and_nothing_happened_the_last_minute_says_how_it_ended():
    write_cycle(ago(hours=26), 80 * 10**12)
    write_cycle(ago(hours=23), 10**14)
    update_candles()
    forget_ticks(ago(hours=23))
    assert price_changes(NOW)[Biome.OCEAN].day == "25.00"
