"""Volume counts what is not traded back within a minute: of a run of trades, buys less sales."""

from datetime import timedelta
from uuid import uuid4

import pytest

from attention.biomes import Biome
from trading.models import Holding, Standing
from trading.orders import buy_shares, sell_shares
from trading.standings import rebuild_standings
from trading.tests.conftest import BDT
from trading.worth import snapshot_worth

SECOND = timedelta(seconds=1)


@pytest.fixture
def trade(now):
    """Buy for an amount, or sell all there is, so many seconds into the story; what moved along the curve."""

    def carry_out(player, side, secs=0, biome=Biome.OCEAN):
        at = now + secs * SECOND
        if side == "buy":
            done = buy_shares(operation=uuid4(), player_id=player.pk, biome=biome, spend_micro=1_000 * BDT, now=at)
            return done.amount_micro - done.fee_micro
        shares = Holding.objects.get(player=player, market=biome).shares_micro
        return sell_shares(
            operation=uuid4(), player_id=player.pk, biome=biome, shares_micro=shares, now=at
        ).amount_micro

    return carry_out


def counted(player, biome=Biome.OCEAN) -> int:
    return Holding.objects.get(player=player, market=biome).counted_micro


def volume(player, period) -> int:
    return Standing.objects.get(player=player, period=period).volume_micro


def test_washing_wins_nothing(alice, bob, markets, fund, trade, now):
    """1,000 BDT bought and sold sixty times in five seconds is no volume."""
    fund(alice, 10_000)
    fund(bob, 10_000)
    for turn in range(60):
        bought, sold = trade(alice, "buy", turn / 12), trade(alice, "sell", turn / 12)
        assert abs(bought - sold) <= 2
    once = trade(bob, "buy")

    assert counted(alice) <= 120
    assert counted(bob) == once
    rebuild_standings(now=now + 10 * SECOND)
    for period in ("24h", "all"):
        assert Standing.objects.get(player=bob, period=period).volume_rank == 1
        assert volume(alice, period) <= 120
    assert Holding.objects.get(player=alice).volume_micro > 100_000 * BDT


def test_what_is_sold_later_counts(alice, markets, fund, trade):
    fund(alice, 10_000)
    bought = trade(alice, "buy")
    sold = trade(alice, "sell", 61)

    assert counted(alice) == bought + sold


@pytest.mark.parametrize(("secs", "counts"), [(60, False), (61, True)])
def test_a_minute_is_a_minute(alice, markets, fund, trade, secs, counts):
    fund(alice, 10_000)
    bought = trade(alice, "buy")
    sold = trade(alice, "sell", secs)

    assert counted(alice) == (bought + sold if counts else abs(bought - sold))


def test_a_run_goes_on_with_each_trade(alice, markets, fund, trade):
    """Each within a minute of the one before: one after another, all of them count as what is left."""
    fund(alice, 10_000)
    first, second = trade(alice, "buy"), trade(alice, "buy", 50)
    sold = trade(alice, "sell", 100)

    assert counted(alice) == abs(first + second - sold)


def test_each_market_has_its_own(alice, markets, fund, trade):
    fund(alice, 10_000)
    trade(alice, "buy")
    in_snow = trade(alice, "buy", 1, Biome.SNOW)
    trade(alice, "sell", 2)

    assert counted(alice) <= 2
    assert counted(alice, Biome.SNOW) == in_snow


def test_a_day_counts_no_less_than_nothing(alice, markets, fund, trade, now):
    """A run that the day before began, and that is traded back in this one."""
    fund(alice, 10_000)
    trade(alice, "buy")
    snapshot_worth(now=now + SECOND)
    trade(alice, "sell", 30)
    trade(alice, "buy", 24 * 3600 + 2)
    kept = trade(alice, "buy", 24 * 3600 + 3)

    rebuild_standings(now=now + timedelta(days=1, seconds=4))

    assert 0 <= volume(alice, "24h") <= 2 * kept
