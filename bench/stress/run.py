"""The workers, the cycles beside them, and the verdict."""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from random import Random

from django.conf import settings
from django.db import connections
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from bench.players import new_players
from bench.stress.dealer import Crowd, Dealer
from bench.stress.tally import DONE, Tally
from marketplace.models import Land, Listing
from marketplace.sales.auctions import settle_ended
from marketplace.world.seeding import seed_world
from markets.tasks import redistribute
from trading.invariants.rules import Invariant, check_invariants
from trading.models import Wallet

PLAYERS = 60
RECOMPUTED_CYCLES = 1000


def run(*, workers: int, secs: float, seed: int) -> bool:
    """Run `workers` processes for `secs` seconds while cycles run, and print the outcomes; return whether all went
    well.
    """
    crowd = _crowd()
    # What is forked must not share a connection.
    connections.close_all()
    with ProcessPoolExecutor(workers + 1, mp_context=multiprocessing.get_context("fork")) as pool:
        cycles = pool.submit(_run_cycles, secs)
        dealing = [pool.submit(_deal, crowd, secs, seed + number) for number in range(workers)]
        tally = sum((future.result() for future in dealing), Tally())
        _say(f"{workers} workers dealt for {secs:g} s; {cycles.result()} cycles meanwhile")
    settled = _settle_the_rest()
    _say(f"{settled} listings settled afterwards\n")
    _print_outcomes(tally)
    invariants = check_invariants(recomputed_cycles=RECOMPUTED_CYCLES)
    failures = [*tally.failures(), *_failures(invariants)]
    for invariant in invariants:
        mark = "ok    " if invariant.holds else "BROKEN"
        _say(f"{mark}  {invariant.name}: {'; '.join(invariant.breaches) or invariant.finding}")
    _say("\n" + ("\n".join(f"FAILED  {failure}" for failure in failures) or "Nothing went wrong."))
    return not failures


def _crowd() -> Crowd:
    """Create players without wallets, an administrator, and the world."""
    seed_world(seed=settings.WORLD_SEED, side=settings.WORLD_SIDE_PARCELS, now=timezone.now())
    players = new_players("player", PLAYERS)
    administrator = User.objects.create_superuser("administrator", "administrator@stress.invalid")
    return Crowd(players, list(Land.objects.values_list("pk", flat=True)), administrator)


def _deal(crowd: Crowd, secs: float, seed: int) -> Tally:
    dealer, tally, end = Dealer(crowd, Random(seed)), Tally(), time.monotonic() + secs
    while time.monotonic() < end:
        action, attempt = dealer.next_action()
        tally.carry_out(action, attempt)
    return tally


def _run_cycles(secs: float) -> int:
    """Run cycles at their pace, as the worker does; return their number."""
    cycles, end = 0, time.monotonic() + secs
    while (started := time.monotonic()) < end:
        redistribute()
        cycles += 1
        time.sleep(max(0.0, settings.CYCLE_SECS - (time.monotonic() - started)))
    return cycles


def _settle_the_rest() -> int:
    return settle_ended(now=timezone.now() + timedelta(days=1), at_most=PLAYERS * settings.LISTINGS_MAX)


def _failures(invariants: list[Invariant]) -> Iterator[str]:
    yield from (f"the invariant {invariant.name!r} is broken" for invariant in invariants if not invariant.holds)
    if negative := Wallet.objects.filter(Q(balance_micro__lt=0) | Q(held_micro__lt=0)).count():
        yield f"{negative} wallets are below zero"
    if held := Wallet.objects.filter(held_micro__gt=0).count():
        yield f"{held} wallets still hold money, with no auction left"
    if active := Listing.objects.filter(status=Listing.Status.ACTIVE).count():
        yield f"{active} listings are still active"


def _print_outcomes(tally: Tally) -> None:
    for action in sorted(tally.actions()):
        outcomes = tally.of(action)
        others = ", ".join(f"{code} {count:,}" for code, count in outcomes.most_common() if code != DONE)
        _say(f"{action:<18} {outcomes[DONE]:>8,} done   {others}")
    _say("")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
