"""What happens on several hosts, and what must hold meanwhile and afterwards."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import httpx

from deploy.loopback import CannotRun
from deploy.rehearsals.hosts.namespaces import CACHE, PLAYERS, Network, check_powers
from deploy.rehearsals.hosts.servers import Exchange
from deploy.rehearsals.hosts.sight import (
    BACK_WITHIN_SECS,
    expect_no_errors,
    expect_ticks_went_on,
    hear_tick,
    percentile,
    see_back,
    settle,
    spread_ms,
    tell_complaints,
    ticks_between,
)
from deploy.rehearsals.hosts.stage import Failed, Stage, buy, buy_while_held, cut, opened_stage
from embedded.places import make_passable, wait_until

HOSTS = ("host-a", "host-b", "host-c")
PHASE_SECS = 10.0
#: Nobody waits longer for an answer of a host that is cut off: two requests in turn on a thread, each with a dead
#: connection to find out about or a new one to try, and a second for each call to Redis.
REFUSED_WITHIN_SECS = 20.0
#: Nor for a market whose lock a host has taken with it.
LOCK_FREE_WITHIN_SECS = 5.0
SPREAD_P95_MS = 250.0


def main() -> int:
    """Play all of it. Returns the exit code."""
    asked = parser().parse_args()
    try:
        check_powers()
        with tempfile.TemporaryDirectory(prefix="hosts-") as folder:
            state = Path(folder)
            make_passable(state)
            return _run(state, asked)
    except CannotRun as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def parser() -> ArgumentParser:
    """Return the parser of this rehearsal's arguments."""
    found = ArgumentParser(description=__doc__)
    found.add_argument("--hosts", type=int, default=3, choices=(2, 3), help="default %(default)s")
    found.add_argument(
        "--seconds", type=float, default=PHASE_SECS, help="of calm and of each cut (default %(default)s)"
    )
    found.add_argument("--traders", type=int, default=9, help="default %(default)s")
    found.add_argument("--sockets", type=int, default=4, help="to each host (default %(default)s)")
    found.add_argument("--patience", type=float, default=1.0, help="a factor on bounds of time (default %(default)s)")
    return found


def _run(state: Path, asked: Namespace) -> int:
    with Network(HOSTS[: asked.hosts]) as network:
        # Of this thread and all that it starts; the servers are put on their own hosts.
        network.move_to(PLAYERS)
        exchange = Exchange(network, state)
        exchange.start()
        sizes = {"traders": asked.traders, "listeners_a_host": asked.sockets}
        with opened_stage(exchange, **sizes, phase_secs=asked.seconds, patience=asked.patience) as stage:
            try:
                for act in (calm, same_key_on_two_hosts, cut_from_data, cut_off, cut_while_holding, redis_cut, end):
                    act(stage)
            except Failed:
                tell_complaints(stage)
                return 1
    return 0


# --- What is shown ----------------------------------------------------------------------------------------------------


def calm(stage: Stage) -> None:
    """All is well: one tick reaches the sockets of all hosts, and players trade through all."""
    listeners = stage.audience.listeners
    arrived = wait_until(
        lambda: all(listener.ticks for listener in listeners), within_secs=BACK_WITHIN_SECS * stage.patience
    )
    stage.expect(arrived, f"all {len(listeners)} sockets hear ticks")
    since = time.monotonic()
    time.sleep(stage.phase_secs)
    until = time.monotonic()
    told = ticks_between(stage, since, until - 1)
    spreads = [spread_ms(ticks) for ticks in told.values()]
    cycles = [{tick.cycle for tick in ticks} for ticks in told.values()]
    hosts = [{tick.host for tick in ticks} for ticks in told.values()]
    stage.expect(len(told) >= stage.phase_secs / stage.patience, f"{len(told)} ticks in {stage.phase_secs - 1:.0f} s")
    stage.expect(all(len(numbers) == 1 for numbers in cycles), "each has one seq and one cycle, on whatever host")
    stage.expect(all(heard == set(stage.hosts) for heard in hosts), "each was heard through all hosts")
    p50, p95 = statistics.median(spreads), percentile(spreads, 95)
    stage.expect(
        p95 < SPREAD_P95_MS * stage.patience,
        f"from the first to the last of {len(stage.audience.listeners)} sockets: {p50:.1f} ms (p50),"
        f" {p95:.1f} ms (p95), {max(spreads):.1f} ms (most)",
    )
    expect_no_errors(stage, since, until, stage.hosts, "while all is well")


def same_key_on_two_hosts(stage: Stage) -> None:
    """One order sent to two hosts at once is carried out once, and both say so."""
    keys = [uuid4() for _ in range(10)]
    with ThreadPoolExecutor(2) as two:
        answers = [list(two.map(lambda host, key=key: buy(stage, host, key), stage.hosts[:2])) for key in keys]
    is_same = all(one.status_code == other.status_code == httpx.codes.CREATED for one, other in answers)
    is_same = is_same and all(one.json() == other.json() for one, other in answers)
    rows = stage.exchange.ask("SELECT count(*) FROM transactions WHERE operation = ANY(%(keys)s)", {"keys": keys})
    for key, (one, _) in zip(keys, answers, strict=True):
        stage.ledger.accept(key, one.json().get("id", 0))
    stage.expect(is_same, f"{len(keys)} orders, each sent to two hosts at once: the same answer from both")
    stage.expect(rows == [(len(keys),)], f"{rows[0][0]} transactions of them")


def cut_from_data(stage: Stage) -> None:
    """A host without database and Redis: it says 503, the others do not notice, and its sockets go elsewhere."""
    host = stage.hosts[1]
    others = [name for name in stage.hosts if name != host]
    since = time.monotonic()
    with cut(stage, host, back=True), ThreadPoolExecutor(4) as several:
        time.sleep(0.5)
        replies = list(several.map(lambda _: buy(stage, host, uuid4()), range(4)))
        time.sleep(max(0.0, stage.phase_secs - (time.monotonic() - since)))
    statuses = {reply.status_code for reply in replies}
    longest = max(reply.elapsed.total_seconds() for reply in replies)
    stage.expect(
        statuses == {httpx.codes.SERVICE_UNAVAILABLE} and longest < REFUSED_WITHIN_SECS * stage.patience,
        f"{host} cut off from database and Redis for {stage.phase_secs:.0f} s: {len(replies)} requests to it,"
        f" statuses {statuses}, the longest wait {longest:.1f} s",
    )
    see_back(stage, host, since)
    expect_no_errors(stage, since, time.monotonic(), others, f"without {host}")
    expect_ticks_went_on(stage, since, others)


def cut_off(stage: Stage) -> None:
    """A host that nobody reaches, nor it anyone; then it is there again."""
    *others, host = stage.hosts
    since = time.monotonic()
    with cut(stage, host, front=True, back=True):
        time.sleep(stage.phase_secs)
    see_back(stage, host, since)
    expect_no_errors(stage, since, time.monotonic(), others, f"with {host} cut off from everyone")
    expect_ticks_went_on(stage, since, others)
    waits = [back - lost for listener in stage.audience.listeners for lost, back in listener.comebacks]
    stage.expect(
        waits, f"{len(waits)} sockets came back, after {statistics.median(waits):.1f} s (p50), {max(waits):.1f} s"
    )


def cut_while_holding(stage: Stage) -> None:
    """A host that is cut off with a market's lock in its hands: the others get it within seconds."""
    host, *others = stage.hosts
    since = time.monotonic()
    waited_secs, reply = buy_while_held(stage, host)
    stage.expect(
        reply.is_success and waited_secs < LOCK_FREE_WITHIN_SECS * stage.patience,
        f"{host} cut off holding the ocean's lock: a buy through {others[0]} waited {waited_secs:.1f} s, and was done",
    )
    see_back(stage, host, since)
    expect_no_errors(stage, since, time.monotonic(), others, "meanwhile")
    settle(stage)
    waited_secs, reply = buy_while_held(stage, host, silent_ms=0)
    stage.expect(
        reply.status_code == httpx.codes.SERVICE_UNAVAILABLE,
        f"the same with TRANSACTION_SILENT_MS=0: after {waited_secs:.1f} s, {reply.status_code} {_code_of(reply)}",
    )


def redis_cut(stage: Stage) -> None:
    """Redis away: trades go on, ticks do not, and come again by themselves."""
    since = time.monotonic()
    with cut(stage, CACHE, back=True):
        replies = {key: buy(stage, host, key) for host in stage.hosts for key in (uuid4(), uuid4(), uuid4())}
        time.sleep(max(0.0, stage.phase_secs - (time.monotonic() - since)))
    for key, reply in replies.items():
        stage.ledger.accept(key, reply.json().get("id", 0))
    longest = max(reply.elapsed.total_seconds() for reply in replies.values())
    stage.expect(
        all(reply.is_success for reply in replies.values()),
        f"Redis cut off: {len(replies)} trades through all hosts were done, the slowest in {longest:.1f} s",
    )
    back_at = time.monotonic()
    listeners = stage.audience.listeners
    told_all = wait_until(
        lambda: all(listener.ticks[-1].at_secs > back_at for listener in listeners),
        within_secs=BACK_WITHIN_SECS * stage.patience,
    )
    stage.expect(told_all, f"all sockets hear ticks again, {time.monotonic() - back_at:.1f} s after it was back")
    for host in stage.hosts:
        hear_tick(stage, host)


def end(stage: Stage) -> None:
    """Nothing is lost or doubled, and every invariant of money holds."""
    found = stage.exchange.ask(
        "SELECT operation, id FROM transactions WHERE kind IN ('biome_buy', 'biome_sell') AND initiator_id IN"
        " (SELECT id FROM accounts_user WHERE username LIKE 'player-%%')"
    )
    accepted = sorted(stage.ledger.accepted.values())
    stage.expect(
        sorted(number for _, number in found) == accepted,
        f"{len(accepted)} trades were answered, {len(found)} are in the database, each once",
    )
    checked = stage.exchange.manage("check_ledger")
    stage.tell(checked.stdout.rstrip())
    stage.expect(checked.returncode == 0, "check_ledger is clean")
    gaps = stage.exchange.ask(
        "SELECT count(*), coalesce(max(extract(epoch FROM gap)), 0)::float8,"
        " count(*) FILTER (WHERE gap < '0.3 s')"
        " FROM (SELECT at - lag(at) OVER (ORDER BY number) AS gap FROM markets_cycle) AS gaps"
    )
    [(cycles, longest_secs, too_soon)] = gaps
    stage.tell(f"        {cycles} cycles; longest pause {longest_secs:.1f} s; {too_soon} came within 0.3 s of another")
    tell_complaints(stage)


def _code_of(reply: httpx.Response) -> str:
    return str(reply.json()["errors"][0]["code"])
