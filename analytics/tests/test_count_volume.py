"""Volume counts trades that are not reversed within a minute: of a run of trades, buys less sales."""

from datetime import timedelta
from importlib import import_module
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection

from analytics.equity.snapshots import snapshot_worth
from analytics.leaderboard.rankings import rebuild_standings
from attention.biomes import Biome
from trading.invariants.rules import check_invariants
from trading.models import Holding, Standing, WorthSnapshot
from trading.orders.market_orders import buy_shares, sell_shares
from trading.tests.conftest import BDT

SECOND = timedelta(seconds=1)


@pytest.fixture
def trade(now):
    """Buy for an amount, or sell all there is, so many seconds into the story; returns the amount along the curve."""

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
    """Washing counts nothing: 1,000 BDT bought and sold sixty times in five seconds is no volume."""
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
    """Trades each within a minute of the one before are one run, which counts as its buys less its sales."""
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
    """A run that began the day before and is reversed today counts no less than nothing."""
    fund(alice, 10_000)
    trade(alice, "buy")
    snapshot_worth(now=now + SECOND)
    trade(alice, "sell", 30)
    trade(alice, "buy", 24 * 3600 + 2)
    kept = trade(alice, "buy", 24 * 3600 + 3)

    rebuild_standings(now=now + timedelta(days=1, seconds=4))

    assert 0 <= volume(alice, "24h") <= 2 * kept


@pytest.fixture
def traded(alice, bob, markets, fund, trade):
    """Runs of one trade and of several, of two players, and one that a clock set back continues."""
    fund(alice, 10_000)
    fund(bob, 10_000)
    for player, side, secs, biome in [
        (alice, "buy", 0, Biome.OCEAN),
        (bob, "buy", 1, Biome.OCEAN),
        (alice, "sell", 30, Biome.OCEAN),
        (alice, "buy", 91, Biome.OCEAN),
        (alice, "buy", 92, Biome.SNOW),
        (alice, "sell", 10, Biome.OCEAN),
        (alice, "buy", 70, Biome.OCEAN),
        (bob, "sell", 61, Biome.OCEAN),
    ]:
        trade(player, side, secs, biome)


def miscounted():
    [invariant] = [
        invariant for invariant in check_invariants(recomputed_cycles=1) if invariant.name == "counted volume"
    ]
    return invariant.breaches


def counts():
    return list(Holding.objects.order_by("pk").values())


@pytest.mark.django_db(transaction=True)
def test_what_counts_follows_from_the_transactions(traded, alice):
    assert miscounted() == ()

    counting_micro = counted(alice)
    Holding.objects.filter(player=alice, market=Biome.OCEAN).update(counted_micro=counting_micro + 1)

    [breach] = miscounted()
    assert breach.startswith(f"player {alice.pk} in ocean has a volume of {counting_micro + 1} micro-BDT that counts")
    assert f"transactions say {counting_micro}," in breach


@pytest.mark.django_db(transaction=True)
def test_it_can_be_counted_anew(traded):
    right = counts()
    Holding.objects.filter(market=Biome.OCEAN).update(counted_micro=0, run_micro=5, run_at=None)
    out = StringIO()

    call_command("recount_volume", stdout=out)

    assert out.getvalue() == "2 holdings had another volume\n"
    assert counts() == right


def test_what_was_traded_before_is_counted_by_the_migration(traded, alice, now):
    """As an exchange has it that was brought up to date: all volume counted, and no run."""
    right = counts()
    snapshot_worth(now=now + timedelta(minutes=5))
    told = WorthSnapshot.objects.get(player=alice)
    for holding in Holding.objects.all():
        Holding.objects.filter(pk=holding.pk).update(counted_micro=holding.volume_micro, run_micro=0, run_at=None)
    washed = sum(row["volume_micro"] - row["counted_micro"] for row in right if row["player_id"] == alice.pk)
    WorthSnapshot.objects.filter(player=alice).update(volume_micro=told.volume_micro + washed)

    with connection.cursor() as cursor:
        cursor.execute(import_module("trading.migrations.0019_count_earlier_volume").RECOUNT)

    assert counts() == right
    assert WorthSnapshot.objects.get(player=alice).volume_micro == told.volume_micro
