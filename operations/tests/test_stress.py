"""A small stress test tries every action, and notices every failure."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone
from psycopg.errors import DeadlockDetected

from accounts.models import User
from bench.stress.dealer import WEIGHTS, AnotherAnswer, Crowd, Dealer
from bench.stress.tally import DONE, Tally
from core.errors import InsufficientFunds, MarketBusy
from marketplace.models import Land
from marketplace.world.seeding import seed_world
from trading.invariants.rules import check_invariants

pytestmark = pytest.mark.django_db(transaction=True)


def raises(error: Exception, cause: Exception | None = None) -> Any:
    def attempt() -> None:
        raise error from cause

    return attempt


def test_a_dealer_does_everything_and_leaves_every_invariant_whole(markets: None, root: User, settings: Any) -> None:
    settings.STARTING_GRANT_BDT = 1000
    settings.LISTING_SECS_MIN = 1
    seed_world(seed=1, side=8, now=timezone.now())
    players = [User.objects.create_user(f"player-{number}", f"{number}@example.com").pk for number in range(3)]
    lands = list(Land.objects.values_list("pk", flat=True)[:8])
    dealer, tally = Dealer(Crowd(players, lands, root), Random(1)), Tally()

    for _ in range(250):
        tally.carry_out(*dealer.next_action())

    assert tally.actions() == set(WEIGHTS)
    assert list(tally.failures()) == []
    for action in ("buy shares", "transfer", "buy land", "list land", "place bid"):
        assert tally.of(action)[DONE]
    assert [invariant.name for invariant in check_invariants(recomputed_cycles=10) if not invariant.holds] == []


def test_outcomes_are_counted_and_only_refusals_are_no_failures() -> None:
    deadlock = raises(OperationalError("deadlock detected"), DeadlockDetected())
    tally = Tally()
    for attempt in (lambda: 1, lambda: 1, raises(InsufficientFunds()), raises(MarketBusy()), None):
        tally.carry_out("bid", attempt)
    assert list(tally.failures()) == []

    for attempt in (deadlock, deadlock, raises(OperationalError("gone")), raises(AnotherAnswer("1, then 2"))):
        tally.carry_out("buy", attempt)

    whole = Tally() + tally
    assert whole.of("bid") == {DONE: 2, "insufficient_funds": 1, "market_busy": 1, "nothing to do": 1}
    told = [failure.splitlines()[0] for failure in whole.failures()]
    assert told == [
        "buy: DEADLOCK, 2 times", "buy: ERROR AnotherAnswer, 1 times", "buy: ERROR OperationalError, 1 times"
    ]  # fmt: skip
    assert all("Traceback" in failure for failure in whole.failures())
