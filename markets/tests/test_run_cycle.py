"""A cycle runs once: alone, against itself, against players who give attention, and against a trade."""

from datetime import timedelta
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum

from attention import meter
from attention.biomes import Biome
from attention.meter import give_attention
from attention.selectors import waiting_attention
from core.errors import MarketBusy
from markets.economic_settings import change_settings, current_settings
from markets.models import Cycle, Market, Tick
from markets.redistribution import cycle as redistribution
from markets.redistribution.cycle import next_number, run_cycle
from markets.redistribution.matched_flow import redistribute_cash
from markets.tests.rows import market_locked

NOTHING = dict.fromkeys(Biome, 0)
OPEN = 100_000_000_000_000
TOTAL = 7 * OPEN
MILLION = 10**12


def give(player, budget=10, **points):
    return give_attention(
        player_id=player.pk, points={Biome(biome): count for biome, count in points.items()}, budget_points=budget
    )


def cash():
    """Return each market's cash, in canonical order."""
    by_biome = dict(Market.objects.values_list("biome", "cash_micro"))
    return [by_biome[biome] for biome in Biome]


def points_counted(number):
    return dict(Tick.objects.filter(cycle=number).values_list("market", "attention_points"))


def state():
    """Return all rows that a cycle could change."""
    models = (Cycle, Tick, Market)
    return [list(model.objects.order_by("pk").values()) for model in models] + [waiting_attention()]


class TestOneCycle:
    def test_moves_cash_by_attention_and_takes_it(self, markets, alice, bob, now):
        give(alice, ocean=3)
        give(bob, beach=1)
        cycle = run_cycle(number=1, now=now)
        # The example that `test_matched_flow` computes by hand.
        assert cash() == [105 * MILLION] * 2 + [98 * MILLION] * 5
        assert waiting_attention() == NOTHING
        assert cycle == Cycle.objects.get()
        assert (cycle.number, cycle.at, cycle.reason) == (1, now, Cycle.Reason.REDISTRIBUTED)
        assert (cycle.total_cash_micro, cycle.moved_micro, cycle.settings) == (TOTAL, 10 * MILLION, current_settings())

    def test_writes_a_tick_a_market(self, markets, alice, now):
        give(alice, ocean=3, beach=1)
        run_cycle(number=1, now=now)
        ticks = {tick.market_id: tick for tick in Tick.objects.filter(cycle=1)}
        assert list(map(ticks.__contains__, Biome)) == [True] * 7
        assert [ticks[biome].attention_points for biome in Biome] == [3, 1, 0, 0, 0, 0, 0]
        assert [ticks[biome].cash_after_micro for biome in Biome] == [105 * MILLION] * 2 + [98 * MILLION] * 5
        for tick in ticks.values():
            assert (tick.at, tick.cash_before_micro, tick.total_shares_micro) == (now, OPEN, MILLION)
            assert (tick.open_micro, tick.volume_micro) == (OPEN, 0)
            assert {tick.low_micro, tick.high_micro} == {OPEN, tick.cash_after_micro}

    def test_can_be_computed_again_from_what_it_wrote(self, markets, alice, bob, now):
        change_settings(changed_by=None, reason="Livelier.", now=now, max_move_bps=777, redistribution_pool_bps=3_333)
        give(alice, snow=7, ocean=2)
        give(bob, desert=1)
        for number in (1, 2):
            run_cycle(number=number, now=now + timedelta(seconds=number))
            give(alice, plains=3, snow=number)
        change_settings(changed_by=None, reason="Calmer.", now=now, max_move_bps=1)
        for cycle in Cycle.objects.order_by("number"):
            ticks = {tick.market_id: tick for tick in cycle.ticks.all()}
            computed = redistribute_cash(
                cash=[ticks[biome].cash_before_micro for biome in Biome],
                attention=[ticks[biome].attention_points for biome in Biome],
                floors=[cycle.settings.price_floor_micro * ticks[b].total_shares_micro // 10**6 for b in Biome],
                pool_bps=cycle.settings.redistribution_pool_bps,
                move_bps=cycle.settings.max_move_bps,
            )
            assert [ticks[biome].cash_after_micro for biome in Biome] == computed
            assert sum(computed) == cycle.total_cash_micro == TOTAL
        assert computed == cash()

    def test_starts_the_next_bar_where_it_left_the_market(self, markets, alice, now):
        Market.objects.filter(biome=Biome.OCEAN).update(
            cash_micro=OPEN + 5, bar_high_micro=OPEN + 9, bar_low_micro=OPEN - 9, bar_volume_micro=77
        )
        give(alice, beach=1)
        run_cycle(number=1, now=now)
        tick = Tick.objects.get(market=Biome.OCEAN)
        assert (tick.open_micro, tick.high_micro, tick.volume_micro) == (OPEN, OPEN + 9, 77)
        assert tick.low_micro == tick.cash_after_micro < OPEN - 9
        ocean = Market.objects.get(biome=Biome.OCEAN)
        assert {ocean.bar_open_micro, ocean.bar_high_micro, ocean.bar_low_micro} == {tick.cash_after_micro}
        assert (ocean.cash_micro, ocean.bar_volume_micro) == (tick.cash_after_micro, 0)

    def test_that_was_run_does_nothing_again(self, markets, alice, now):
        run_cycle(number=1, now=now)
        give(alice, ocean=3)
        before = state()
        assert run_cycle(number=1, now=now + timedelta(seconds=1)) is None
        assert state() == before
        assert waiting_attention() == NOTHING | {Biome.OCEAN: 3}

    def test_without_attention_moves_nothing(self, markets, now):
        cycle = run_cycle(number=1, now=now)
        assert (cycle.reason, cycle.total_cash_micro, cycle.moved_micro) == (Cycle.Reason.NO_ATTENTION, TOTAL, 0)
        assert cash() == [OPEN] * 7
        assert points_counted(1) == NOTHING

    def test_with_frozen_prices_moves_nothing_and_leaves_no_attention_behind(self, markets, alice, now):
        change_settings(changed_by=None, reason="Holidays.", now=now, prices_frozen=True)
        give(alice, ocean=3)
        cycle = run_cycle(number=1, now=now)
        assert (cycle.reason, cycle.total_cash_micro, cycle.moved_micro) == (Cycle.Reason.PRICES_FROZEN, TOTAL, 0)
        assert cash() == [OPEN] * 7
        assert points_counted(1) == NOTHING | {Biome.OCEAN: 3}
        assert waiting_attention() == NOTHING
        change_settings(changed_by=None, reason="Back.", now=now, prices_frozen=False)
        assert run_cycle(number=2, now=now).reason == Cycle.Reason.NO_ATTENTION

    def test_stops_at_the_floor(self, markets, alice, now):
        Market.objects.update(cash_micro=MILLION, bar_low_micro=MILLION)
        Market.objects.filter(biome=Biome.OCEAN).update(cash_micro=MILLION + 1)
        give(alice, beach=1)
        assert run_cycle(number=1, now=now).moved_micro == 1
        assert cash() == [MILLION, MILLION + 1] + [MILLION] * 5

    @pytest.mark.parametrize(
        "step", ["take_attention", "markets_locked", "settings_version", "outcome_of", "_ticks_of", "_write"]
    )
    def test_that_fails_changes_nothing_and_the_next_counts_its_attention_once(
        self, run_after, markets, alice, now, step
    ):
        give(alice, ocean=3)
        before = state()

        def fail():
            raise RuntimeError("the power is out")

        run_after(f"markets.redistribution.cycle.{step}", fail)
        with pytest.raises(RuntimeError, match="the power is out"):
            run_cycle(number=1, now=now)
        assert state() == before
        assert waiting_attention() == NOTHING | {Biome.OCEAN: 3}
        assert run_cycle(number=1, now=now).reason == Cycle.Reason.REDISTRIBUTED
        assert points_counted(1) == NOTHING | {Biome.OCEAN: 3}
        assert run_cycle(number=2, now=now).reason == Cycle.Reason.NO_ATTENTION

    def test_a_thousand_points_later_every_point_was_counted_once(self, markets, alice, bob, now):
        given = 0
        for number in range(1, 51):
            given += give(alice, ocean=number % 7 + 1, snow=3).accepted_points
            given += give(bob, **{Biome.values[number % 7]: 11}).accepted_points
            run_cycle(number=number, now=now)
        assert Tick.objects.aggregate(points=Sum("attention_points"))["points"] == given
        assert sum(cash()) == TOTAL
        assert set(Cycle.objects.values_list("total_cash_micro", flat=True)) == {TOTAL}


class TestNextNumber:
    def test_the_first(self, markets, now):
        assert next_number(now=now) == 1

    @pytest.mark.parametrize(("age_ms", "number"), [(0, None), (249, None), (250, 6), (500, 6), (-1000, None)])
    def test_is_due_after_half_a_period(self, markets, now, settings, age_ms, number):
        settings.CYCLE_SECS = 0.5
        run_cycle(number=5, now=now)
        assert next_number(now=now + timedelta(milliseconds=age_ms)) == number

    def test_cycles_missed_in_a_stall_are_skipped(self, markets, now):
        run_cycle(number=5, now=now)
        later = now + timedelta(hours=1)
        assert next_number(now=later) == 6
        run_cycle(number=6, now=later)
        assert next_number(now=later) is None


class TestTheSameNumberTwiceAtOnce:
    def test_one_runs_and_the_other_does_nothing(self, run_together, markets, alice, now):
        give(alice, ocean=3)
        cycles = run_together([lambda: run_cycle(number=1, now=now)] * 2)
        assert sorted(cycle is None for cycle in cycles) == [False, True]
        assert Cycle.objects.get().moved_micro == 5 * MILLION
        assert Tick.objects.count() == 7
        assert cash()[0] == 105 * MILLION

    def test_the_second_waits_for_the_first_to_end(self, in_thread, run_after, until_blocked, markets, alice, now):
        give(alice, ocean=3)
        rivals = []

        def rival_comes():
            rivals.append(in_thread(lambda: run_cycle(number=1, now=now)))
            until_blocked()

        run_after("markets.redistribution.cycle._claim", rival_comes)
        assert run_cycle(number=1, now=now).moved_micro == 5 * MILLION
        assert rivals[0].result(timeout=10) is None
        assert Tick.objects.count() == 7

    def test_the_second_runs_when_the_first_fails(self, in_thread, run_after, until_blocked, markets, alice, now):
        give(alice, ocean=3)
        rivals = []

        def rival_comes():
            rivals.append(in_thread(lambda: run_cycle(number=1, now=now)))
            until_blocked()
            raise RuntimeError("the power is out")

        run_after("markets.redistribution.cycle._write", rival_comes)
        with pytest.raises(RuntimeError, match="the power is out"):
            run_cycle(number=1, now=now)
        assert rivals[0].result(timeout=10).moved_micro == 5 * MILLION
        assert points_counted(1) == NOTHING | {Biome.OCEAN: 3}
        assert cash()[0] == 105 * MILLION

    def test_without_an_exclusive_claim_both_run(self, run_together, monkeypatch, markets, alice, now):
        """The negative control: both run, and only the ticks' own uniqueness stops the second."""
        give(alice, ocean=3)
        both_claimed = Barrier(2, timeout=10)
        Cycle.objects.create(
            number=1, at=now, settings=current_settings(), reason="no_attention", total_cash_micro=0, moved_micro=0
        )

        def claim_anyway(*, number, now):
            both_claimed.wait()
            return True

        monkeypatch.setattr(redistribution, "_claim", claim_anyway)
        results = run_together([lambda: run_cycle(number=1, now=now)] * 2)
        assert {type(result) for result in results} == {Cycle, IntegrityError}


class TestAttentionWhileACycleRuns:
    @pytest.mark.parametrize("step", ["take_attention", "markets_locked", "_write"])
    def test_is_accepted_at_once_and_counted_in_the_next(self, in_thread, run_after, markets, alice, bob, now, step):
        give(alice, ocean=3)
        accepted = []

        def rivals_come():
            for rival in (lambda: give(bob, snow=4), lambda: give(alice, snow=2)):
                accepted.append(in_thread(rival).result(timeout=10).accepted_points)
            assert not in_thread(Cycle.objects.exists).result(timeout=10)

        run_after(f"markets.redistribution.cycle.{step}", rivals_come)
        run_cycle(number=1, now=now)
        assert accepted == [4, 2]
        assert waiting_attention() == NOTHING | {Biome.SNOW: 6}
        run_cycle(number=2, now=now)
        assert points_counted(1) == NOTHING | {Biome.OCEAN: 3}
        assert points_counted(2) == NOTHING | {Biome.SNOW: 6}

    def test_with_a_plain_lock_on_the_markets_is_accepted_as_well(self, in_thread, run_after, markets, alice, now):
        """Attention names its biome by word, not by reference, so no lock on a market can delay it."""

        def lock_wholly():
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM markets_market FOR UPDATE")
            assert in_thread(lambda: give(alice, snow=2)).result(timeout=10).accepted_points == 2

        run_after("markets.redistribution.cycle.markets_locked", lock_wholly)
        run_cycle(number=1, now=now)
        assert waiting_attention() == NOTHING | {Biome.SNOW: 2}

    def test_never_exceeds_one_budget_a_cycle(self, in_thread, run_together, run_after, markets, alice, now):
        def ten_at_once():
            return sum(given.accepted_points for given in run_together([lambda: give(alice, ocean=3)] * 10))

        accepted = [ten_at_once()]
        run_after("markets.redistribution.cycle.take_attention", lambda: accepted.append(ten_at_once()))
        run_cycle(number=1, now=now)
        accepted.append(ten_at_once())
        run_after("markets.redistribution.cycle._write", lambda: accepted.append(ten_at_once()))
        run_cycle(number=2, now=now)
        run_cycle(number=3, now=now)
        # What a running cycle has taken counts against the budget until it commits.
        assert accepted == [10, 0, 10, 0]
        assert [points_counted(number)[Biome.OCEAN] for number in (1, 2, 3)] == [10, 10, 0]

    def test_of_players_and_cycles_all_at_once_is_counted_once_and_within_the_budget(
        self, run_together, markets, alice, bob, now
    ):
        def playing(player):
            return lambda: sum(give(player, ocean=2, snow=1).accepted_points for _ in range(15))

        def cycling():
            return [run_cycle(number=number, now=now).number for number in range(1, 16)]

        *accepted, _ = run_together([playing(alice), playing(alice), playing(bob), playing(bob), cycling])
        run_cycle(number=16, now=now)
        counted = Tick.objects.values("cycle").annotate(points=Sum("attention_points")).values_list("points", flat=True)
        assert sum(counted) == sum(accepted)
        assert max(counted) <= 20
        assert sum(cash()) == TOTAL

    def test_without_the_meters_lock_exceeds_the_budget(self, run_together, monkeypatch, markets, alice, now):
        """The negative control: all ten read before any writes."""
        monkeypatch.setattr(meter, "player_meters_locked", lambda *, player_ids: None)
        all_have_read = Barrier(10, timeout=10)
        fit = meter._fit

        def fit_together(points, remaining):
            all_have_read.wait()
            return fit(points, remaining)

        monkeypatch.setattr(meter, "_fit", fit_together)
        run_together([lambda: give(alice, ocean=3)] * 10)
        run_cycle(number=1, now=now)
        assert points_counted(1) == NOTHING | {Biome.OCEAN: 30}


class TestATradeWhileACycleRuns:
    """A trade while a cycle runs. It is plain SQL here; `trading` tests the real one."""

    BOUGHT = 1_000_000

    def test_the_cycle_waits_and_sees_the_new_cash(self, in_thread, until_blocked, markets, alice, now):
        give(alice, ocean=3)
        with transaction.atomic():
            cash_seen = market_locked(Biome.SNOW).cash_micro
            cycle = in_thread(lambda: run_cycle(number=1, now=now))
            until_blocked()
            self.set_cash(cash_seen + self.BOUGHT)
        assert cycle.result(timeout=10).total_cash_micro == TOTAL + self.BOUGHT
        assert Tick.objects.get(market=Biome.SNOW).cash_before_micro == OPEN + self.BOUGHT
        assert sum(cash()) == TOTAL + self.BOUGHT

    def test_the_trade_waits_and_sees_the_new_cash(self, in_thread, run_after, until_blocked, markets, alice, now):
        give(alice, ocean=3)
        rivals = []

        def rival_comes():
            rivals.append(in_thread(self.trade))
            until_blocked()

        run_after("markets.redistribution.cycle.markets_locked", rival_comes)
        run_cycle(number=1, now=now)
        rivals[0].result(timeout=10)
        assert sum(cash()) == TOTAL + self.BOUGHT
        assert cash()[-1] == Tick.objects.get(market=Biome.SNOW).cash_after_micro + self.BOUGHT

    def test_without_the_cycles_locks_money_is_lost(self, in_thread, run_after, monkeypatch, markets, alice, now):
        """The negative control of the tests above: without the cycle's locks money is lost."""
        give(alice, ocean=3)

        def markets_not_locked():
            by_biome = Market.objects.in_bulk()
            return [by_biome[biome] for biome in Biome]

        monkeypatch.setattr(redistribution, "markets_locked", markets_not_locked)
        run_after("markets.redistribution.cycle.markets_locked", lambda: in_thread(self.trade).result(timeout=10))
        run_cycle(number=1, now=now)
        assert sum(cash()) == TOTAL  # what the trade paid in is gone

    def test_a_market_that_stays_locked_is_busy_and_the_attention_waits(self, in_thread, settings, markets, alice, now):
        settings.LOCK_TIMEOUT_MS = 50
        give(alice, ocean=3)
        before = state()
        with transaction.atomic():
            market_locked(Biome.SNOW)
            cycle = in_thread(lambda: run_cycle(number=1, now=now))
            with pytest.raises(MarketBusy):
                cycle.result(timeout=10)
        assert state() == before
        assert waiting_attention() == NOTHING | {Biome.OCEAN: 3}
        assert run_cycle(number=1, now=now).reason == Cycle.Reason.REDISTRIBUTED
        assert points_counted(1) == NOTHING | {Biome.OCEAN: 3}

    def trade(self):
        with transaction.atomic():
            self.set_cash(market_locked(Biome.SNOW).cash_micro + self.BOUGHT)

    def set_cash(self, cash_micro):
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE markets_market SET cash_micro = %s, bar_high_micro = greatest(bar_high_micro, %s)"
                " WHERE biome = 'snow'",
                [cash_micro, cash_micro],
            )
