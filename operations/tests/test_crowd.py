"""The simulated crowd decides and acts as designed, and the invariants of money hold whatever it does."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from uuid import uuid4

import pytest
import redis
from django.core.management import CommandError, call_command
from django.db import InterfaceError, OperationalError

from accounts.models import User
from attention.biomes import Biome
from attention.meter import waiting_points
from attention.models import AttentionTotal
from markets.economic_settings import change_settings
from markets.models import Tick
from markets.redistribution.cycle import run_cycle
from operations.simulation import crowd
from operations.simulation.crowd import (
    FAD_INTEREST,
    LARGEST_TRADE_BDT,
    LEAST_INTEREST,
    POOR_BELOW_BDT,
    SMALLEST_TRADE_BDT,
    TOP_UP_BDT,
    Crowd,
    Fad,
    Moods,
    Style,
    Trends,
    Wish,
    choose_trade,
    gather_players,
    run_crowd,
)
from streams import event_log
from trading.invariants.rules import check_invariants
from trading.models import Kind, Transaction, Wallet
from trading.pricing.quotes import Side
from trading.wallets.wallets import withdraw

BDT = 1_000_000
STEP_SECS = 1 / 12
STEPS_A_CYCLE = 6


# --- Moods -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_moods_stay_within_bounds_and_no_biome_is_forgotten(seed: int) -> None:
    moods = Moods(Random(seed))
    lowest, highest = dict.fromkeys(Biome, 1.0), dict.fromkeys(Biome, 0.0)
    for _ in range(10_000):
        moods.advance(STEP_SECS)
        assert all(LEAST_INTEREST <= moods.interest(biome) <= FAD_INTEREST for biome in Biome)
        for biome, part in moods.parts().items():
            lowest[biome] = min(lowest[biome], part)
            highest[biome] = max(highest[biome], part)
    # A part of all the cash, 700 BDT a share in all: from 28 to 280 BDT.
    assert all(0.04 < low < 1 / 7 < high < 0.4 for low, high in zip(lowest.values(), highest.values(), strict=True))


def test_the_same_seed_makes_the_same_moods() -> None:
    def parts(seed: int) -> dict[Biome, float]:
        moods = Moods(Random(seed))
        for _ in range(100):
            moods.advance(STEP_SECS)
        return moods.parts()

    assert parts(1) == parts(1)
    assert parts(1) != parts(2)


def test_points_follow_the_parts_closely() -> None:
    moods = Moods(Random(1))
    moods.advance(60)
    handed = dict.fromkeys(Biome, 0)
    for calls in range(1, 200):
        points = moods.hand_out(10)
        assert sum(points.values()) == 10
        assert min(points.values()) > 0
        for biome, count in points.items():
            handed[biome] += count
        assert all(abs(handed[biome] - 10 * calls * part) < 2 for biome, part in moods.parts().items())


def test_nothing_to_hand_out() -> None:
    assert Moods(Random(1)).hand_out(0) == {}


def test_a_fad_swells_and_passes() -> None:
    fad = Fad(Biome.SNOW, begins_secs=10, lasts_secs=20)
    assert [round(fad.strength(at), 6) for at in (0, 10, 15, 20, 25, 30, 99)] == [0, 0, 0.707107, 1, 0.707107, 0, 0]
    assert [fad.is_over(at) for at in (0, 20, 29.9, 30)] == [False, False, False, True]


# --- Choices ---------------------------------------------------------------------------------------------------------


def test_trends_compare_a_price_with_its_average() -> None:
    trends = Trends()
    assert trends.observe({Biome.OCEAN: 100.0, Biome.SNOW: 50.0}) == {Biome.OCEAN: 0, Biome.SNOW: 0}
    later = trends.observe({Biome.OCEAN: 110.0, Biome.SNOW: 50.0})
    assert later == {Biome.OCEAN: pytest.approx(110 / 100.1 - 1), Biome.SNOW: 0}


@pytest.fixture
def all_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have players compare every biome, not only some, before they choose."""
    monkeypatch.setattr(crowd, "BIOMES_COMPARED", len(Biome))


FLAT = dict.fromkeys(Biome, 0.0)
UPS_AND_DOWNS = FLAT | {Biome.FOREST: 0.2, Biome.SNOW: -0.2}


def wishes(style: Style, *, held_micro: dict[Biome, int], balance_micro: int, count: int = 300) -> list[Wish | None]:
    rng = Random(1)
    return [
        choose_trade(rng=rng, style=style, trends=UPS_AND_DOWNS, held_micro=held_micro, balance_micro=balance_micro)
        for _ in range(count)
    ]


@pytest.mark.usefixtures("all_compared")
@pytest.mark.parametrize(
    ("style", "bought", "sold"),
    [(Style.MOMENTUM, Biome.FOREST, Biome.SNOW), (Style.BARGAIN, Biome.SNOW, Biome.FOREST)],
)
def test_players_follow_their_style(style: Style, bought: Biome, sold: Biome) -> None:
    held = dict.fromkeys(Biome, 1000 * BDT)
    chosen = {(wish.side, wish.biome) for wish in wishes(style, held_micro=held, balance_micro=1000 * BDT) if wish}
    assert chosen == {(Side.BUY, bought), (Side.SELL, sold)}


def test_trades_are_small_and_in_every_biome() -> None:
    chosen = wishes(Style.MOMENTUM, held_micro={}, balance_micro=1000 * BDT)
    assert {wish.biome for wish in chosen if wish} >= {Biome.OCEAN, Biome.FOREST, Biome.MOUNTAIN}
    assert all(wish and SMALLEST_TRADE_BDT * BDT <= wish.size_micro <= LARGEST_TRADE_BDT * BDT for wish in chosen)


def test_without_money_players_sell_no_more_than_they_hold() -> None:
    chosen = wishes(Style.BARGAIN, held_micro={Biome.OCEAN: 20 * BDT}, balance_micro=0)
    assert {(wish.side, wish.biome) for wish in chosen if wish} == {(Side.SELL, Biome.OCEAN)}
    assert max(wish.size_micro for wish in chosen if wish) == 20 * BDT


def test_crumbs_are_not_sold() -> None:
    assert wishes(Style.BARGAIN, held_micro={Biome.OCEAN: 5 * BDT - 1}, balance_micro=0) == [None] * 300


# --- What it does ----------------------------------------------------------------------------------------------------


@pytest.fixture
def granted(settings: Any, markets: None) -> None:
    settings.STARTING_GRANT_BDT = 1000


@pytest.fixture
def player_ids(granted: None, now: datetime) -> list[int]:
    return gather_players(count=4)


def live_through(steps: int, *, player_ids: list[int], now: datetime, with_cycles: bool = True) -> None:
    """Take steps at the crowd's own pace, with cycles at theirs."""
    simulated = Crowd(player_ids=player_ids, traders=4, rng=Random(7))
    for step in range(1, steps + 1):
        at = now + timedelta(seconds=step * STEP_SECS)
        simulated.step(now=at)
        if with_cycles and step % STEPS_A_CYCLE == 0:
            run_cycle(number=step // STEPS_A_CYCLE, now=at)


@pytest.mark.django_db(transaction=True)
def test_a_life_moves_every_market_and_keeps_every_invariant(player_ids: list[int], now: datetime) -> None:
    live_through(480, player_ids=player_ids, now=now)

    assert [invariant for invariant in check_invariants(recomputed_cycles=1000) if not invariant.holds] == []
    kinds = set(Transaction.objects.values_list("kind", flat=True))
    assert kinds == {Kind.TOPUP, Kind.BIOME_BUY, Kind.BIOME_SELL}
    for biome in Biome:
        prices = [tick.price for tick in Tick.objects.filter(market=biome).order_by("cycle")]
        changes = [after - before for before, after in pairwise(prices)]
        assert min(changes) < 0 < max(changes), biome
        assert 20 < min(prices) < max(prices) < 300, biome


@pytest.mark.django_db(transaction=True)
def test_no_player_exceeds_the_budget(player_ids: list[int], now: datetime) -> None:
    live_through(3 * STEPS_A_CYCLE, player_ids=player_ids, now=now, with_cycles=False)
    assert waiting_points(player_ids=player_ids) == dict.fromkeys(player_ids, 10)


@pytest.mark.django_db(transaction=True)
def test_without_a_budget_nobody_looks(player_ids: list[int], now: datetime) -> None:
    change_settings(changed_by=None, reason="for the story", now=now, attention_budget_points=0)
    live_through(12, player_ids=player_ids, now=now)
    assert not AttentionTotal.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_refusals_are_nothing_special(player_ids: list[int], now: datetime) -> None:
    change_settings(changed_by=None, reason="for the story", now=now, trading_paused=True)
    live_through(48, player_ids=player_ids, now=now)
    assert not Transaction.objects.exclude(kind=Kind.TOPUP).exists()


@pytest.mark.django_db(transaction=True)
def test_without_redis_life_goes_on(player_ids: list[int], now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_log, "redis_client", lambda: redis.Redis.from_url("redis://127.0.0.1:1"))
    live_through(48, player_ids=player_ids, now=now)
    assert Transaction.objects.filter(kind=Kind.BIOME_BUY).exists()
    assert AttentionTotal.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_poor_are_topped_up_only_once(
    player_ids: list[int], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    [poor, *_] = player_ids
    withdraw(
        operation=uuid4(),
        initiator_id=poor,
        player_id=poor,
        amount_micro=(1000 - POOR_BELOW_BDT) * BDT + 1,
        reason="for the story",
        now=now,
    )
    monkeypatch.setattr(crowd, "TRADES_A_STEP", 1.0)
    live_through(12, player_ids=[poor], now=now)

    [top_up] = Transaction.objects.filter(kind=Kind.TOPUP, initiator=poor).exclude(reason="Starting grant")
    assert (top_up.payee_id, top_up.amount_micro) == (poor, TOP_UP_BDT * BDT)
    assert top_up.reason == "A simulated player was poor"


@pytest.mark.django_db(transaction=True)
def test_players_are_made_once(granted: None) -> None:
    first = gather_players(count=3)
    assert gather_players(count=4)[:3] == first

    players = User.objects.order_by("pk")
    assert [player.username for player in players] == ["crowd-01", "crowd-02", "crowd-03", "crowd-04"]
    assert all(player.is_simulated and not player.has_usable_password() for player in players)
    assert not Wallet.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_name_that_a_person_has_is_left_to_them(granted: None) -> None:
    person = User.objects.create_user("Crowd-02", "person@example.com", "a password of theirs")
    player_ids = gather_players(count=3)
    assert len(player_ids) == 2
    assert person.pk not in player_ids
    person.refresh_from_db()
    assert (person.username, person.is_simulated) == ("Crowd-02", False)


# --- The loop --------------------------------------------------------------------------------------------------------


class Enough(Exception):
    """Raised by a script to end the crowd."""


class Scripted:
    """A crowd whose steps follow a script: do nothing, or raise."""

    def __init__(self, *script: Exception | None) -> None:
        self._script = iter(script)

    def step(self, *, now: datetime) -> None:
        if (happens := next(self._script, Enough())) is not None:
            raise happens


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_is_tried_again_more_and_more_slowly(
    now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    away = [OperationalError("gone\naway")] * 4 + [InterfaceError("closed")]
    slept: list[float] = []
    with pytest.raises(Enough):
        run_crowd(Scripted(None, *away, None, away[0]), now=lambda: now, sleep=slept.append)  # type: ignore[arg-type]

    assert slept == [crowd.PAUSE_SECS, 0.5, 1.0, 2.0, 4.0, 5.0, crowd.PAUSE_SECS, 0.5]
    assert caplog.messages[0] == "the crowd waits 0.5 s for the database: gone away"
    assert len(caplog.messages) == 6


# --- The command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def handlers_kept() -> Iterator[None]:
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def test_the_crowd_is_off_unless_it_is_wanted(settings: Any) -> None:
    settings.CROWD_ENABLED = False
    with pytest.raises(CommandError, match=r"^The simulated crowd is off: set CROWD_ENABLED=1"):
        call_command("crowd")


@pytest.mark.parametrize("players", [0, -1, 1001])
def test_a_crowd_has_a_sensible_size(settings: Any, players: int) -> None:
    settings.CROWD_ENABLED = True
    with pytest.raises(CommandError, match=rf"^--players must be from 1 to 1000, not {players}\.$"):
        call_command("crowd", players=players)


def test_somebody_must_trade(settings: Any) -> None:
    settings.CROWD_ENABLED = True
    with pytest.raises(CommandError, match=r"^--traders must be 1 or more, not 0\.$"):
        call_command("crowd", traders=0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("handlers_kept")
def test_there_must_be_markets(settings: Any) -> None:
    settings.CROWD_ENABLED = True
    with pytest.raises(CommandError, match="open_markets"):
        call_command("crowd")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("handlers_kept", "granted")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_without_a_word(
    settings: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    settings.CROWD_ENABLED = True
    monkeypatch.setattr("operations.management.commands.crowd.time.sleep", lambda _secs: signal.raise_signal(number))
    call_command("crowd", players=2, seed=1)
    assert capsys.readouterr().err == ""
    assert AttentionTotal.objects.filter(player__is_simulated=True).exists()
