"""What happens on several hosts, and what must hold meanwhile and afterwards."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID, uuid4

import httpx
from websockets.sync.client import connect

from config.embedded.places import make_passable, wait_until
from deploy.loopback import CannotRun
from deploy.rehearsals.hosts.listeners import ROOM, Audience, Listener, Tick
from deploy.rehearsals.hosts.namespaces import CACHE, PLAYERS, Network, check_powers
from deploy.rehearsals.hosts.servers import Exchange
from deploy.rehearsals.hosts.traders import Ledger, Player, Trader, Try

HOSTS = ("host-a", "host-b", "host-c")
TRADERS = 9
LISTENERS_A_HOST = 4
CALM_SECS = 10.0
CUT_SECS = 10.0
#: Nobody waits longer for an answer of a host that is cut off: two requests in turn on a thread, each with a dead
#: connection to find out about or a new one to try, and a second for each call to Redis.
REFUSED_WITHIN_SECS = 20.0
ASKED_SECS = 30.0
#: Nor for a market whose lock a host has taken with it.
LOCK_FREE_WITHIN_SECS = 5.0
BACK_WITHIN_SECS = 10.0
#: A tick comes each half second; whatever is cut off, they go on after so long.
TICKS_WITHIN_SECS = 6.0
SPREAD_P95_MS = 250.0
_BUY = "/api/v1/biome-market/buy"


class Failed(Exception):
    """Something does not hold. The message is one line."""


@dataclass
class Stage:
    """Where the story plays: the exchange, its players, and what they know."""

    exchange: Exchange
    players: list[Player]
    audience: Audience
    traders: list[Trader]
    ledger: Ledger = field(default_factory=Ledger)
    stop: Event = field(default_factory=Event)

    @property
    def network(self) -> Network:
        """Of which links are cut."""
        return self.exchange.network

    def tell(self, line: str) -> None:
        """One line for the user."""
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    def expect(self, holds: object, line: str) -> None:
        """Say what was found. Raises Failed when it is not as it must be."""
        self.tell(f"{'ok    ' if holds else 'FAILED'}  {line}")
        if not holds:
            raise Failed(line)


def main() -> int:
    """Play all of it. Returns the exit code."""
    try:
        check_powers()
        with tempfile.TemporaryDirectory(prefix="hosts-") as folder:
            state = Path(folder)
            make_passable(state)
            return _run(state)
    except CannotRun as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def _run(state: Path) -> int:
    with Network(HOSTS) as network:
        # Of this thread and all that it starts; the servers are put on their own hosts.
        network.move_to(PLAYERS)
        exchange = Exchange(network, state)
        exchange.start()
        with _stage(exchange) as stage:
            try:
                for act in (calm, same_key_on_two_hosts, cut_from_data, cut_off, cut_while_holding, redis_cut, end):
                    act(stage)
            except Failed:
                _tell_complaints(stage)
                return 1
    return 0


@contextmanager
def _stage(exchange: Exchange) -> Iterator[Stage]:
    players = [_player(exchange, number) for number in range(TRADERS)]
    hosts = list(HOSTS)
    streams = {host: exchange.stream_url(host) for host in hosts}
    listeners = [
        Listener(players[place % TRADERS], hosts[place % 3 :] + hosts[: place % 3], streams)
        for place in range(LISTENERS_A_HOST * len(hosts))
    ]
    stage = Stage(exchange, players, Audience(listeners), [])
    urls = {host: exchange.url(host) for host in hosts}
    stage.traders += [
        Trader(player, urls, stage.ledger, stage.stop, first=place) for place, player in enumerate(players)
    ]
    stage.audience.start()
    for trader in stage.traders:
        trader.start()
    try:
        yield stage
    finally:
        stage.stop.set()
        stage.audience.leave()


def _player(exchange: Exchange, number: int) -> Player:
    name, password = f"player-{number}", f"a long password {uuid4()}"
    url = exchange.url(HOSTS[number % len(HOSTS)])
    with httpx.Client(base_url=url, timeout=30) as client:
        account = {"username": name, "email": f"{name}@example.com", "password": password}
        client.post("/api/v1/auth/register", json=account).raise_for_status()
        signed_in = client.post("/api/v1/auth/token", json={"username": name, "password": password})
        return Player(name, signed_in.raise_for_status().json()["access"])


# --- What is shown ----------------------------------------------------------------------------------------------------


def calm(stage: Stage) -> None:
    """All is well: one tick reaches the sockets of all hosts, and players trade through all."""
    since = time.monotonic()
    time.sleep(CALM_SECS)
    until = time.monotonic()
    told = _ticks_between(stage, since, until - 1)
    spreads = [_spread_ms(ticks) for ticks in told.values()]
    cycles = [{tick.cycle for tick in ticks} for ticks in told.values()]
    hosts = [{tick.host for tick in ticks} for ticks in told.values()]
    stage.expect(len(told) >= CALM_SECS, f"{len(told)} ticks in {CALM_SECS - 1:.0f} s")
    stage.expect(all(len(numbers) == 1 for numbers in cycles), "each has one seq and one cycle, on whatever host")
    stage.expect(all(heard == set(HOSTS) for heard in hosts), "each was heard through all three hosts")
    p50, p95 = statistics.median(spreads), _percentile(spreads, 95)
    stage.expect(
        p95 < SPREAD_P95_MS,
        f"from the first to the last of {LISTENERS_A_HOST * len(HOSTS)} sockets: {p50:.1f} ms (p50),"
        f" {p95:.1f} ms (p95), {max(spreads):.1f} ms (most)",
    )
    _expect_no_errors(stage, since, until, HOSTS, "while all is well")


def same_key_on_two_hosts(stage: Stage) -> None:
    """One order sent to two hosts at once is carried out once, and both say so."""
    keys = [uuid4() for _ in range(10)]
    with ThreadPoolExecutor(2) as two:
        answers = [list(two.map(lambda host, key=key: _buy(stage, host, key), HOSTS[:2])) for key in keys]
    is_same = all(one.status_code == other.status_code == httpx.codes.CREATED for one, other in answers)
    is_same = is_same and all(one.json() == other.json() for one, other in answers)
    rows = stage.exchange.ask("SELECT count(*) FROM transactions WHERE operation = ANY(%(keys)s)", {"keys": keys})
    for key, (one, _) in zip(keys, answers, strict=True):
        stage.ledger.accept(key, one.json().get("id", 0))
    stage.expect(is_same, f"{len(keys)} orders, each sent to two hosts at once: the same answer from both")
    stage.expect(rows == [(len(keys),)], f"{rows[0][0]} transactions of them")


def cut_from_data(stage: Stage) -> None:
    """A host without database and Redis: it says 503, the others do not notice, and its sockets go elsewhere."""
    host, others = "host-b", ("host-a", "host-c")
    since = time.monotonic()
    with _cut(stage, host, back=True), ThreadPoolExecutor(4) as several:
        time.sleep(0.5)
        replies = list(several.map(lambda _: _buy(stage, host, uuid4()), range(4)))
        time.sleep(max(0.0, CUT_SECS - (time.monotonic() - since)))
    statuses = {reply.status_code for reply in replies}
    longest = max(reply.elapsed.total_seconds() for reply in replies)
    stage.expect(
        statuses == {httpx.codes.SERVICE_UNAVAILABLE} and longest < REFUSED_WITHIN_SECS,
        f"{host} cut off from database and Redis for {CUT_SECS:.0f} s: {len(replies)} requests to it,"
        f" statuses {statuses}, the longest wait {longest:.1f} s",
    )
    _see_back(stage, host, since)
    _expect_no_errors(stage, since, time.monotonic(), others, f"without {host}")
    _expect_ticks_went_on(stage, since, others)


def cut_off(stage: Stage) -> None:
    """A host that nobody reaches, nor it anyone; then it is there again."""
    host, others = "host-c", ("host-a", "host-b")
    since = time.monotonic()
    with _cut(stage, host, front=True, back=True):
        time.sleep(CUT_SECS)
    _see_back(stage, host, since)
    _expect_no_errors(stage, since, time.monotonic(), others, f"with {host} cut off from everyone")
    _expect_ticks_went_on(stage, since, others)
    waits = [back - lost for listener in stage.audience.listeners for lost, back in listener.comebacks]
    stage.expect(
        waits, f"{len(waits)} sockets came back, after {statistics.median(waits):.1f} s (p50), {max(waits):.1f} s"
    )


def cut_while_holding(stage: Stage) -> None:
    """A host that is cut off with a market's lock in its hands: the others get it within seconds."""
    host, others = "host-a", ("host-b", "host-c")
    since = time.monotonic()
    waited_secs, reply = _buy_while_held(stage, host)
    stage.expect(
        reply.is_success and waited_secs < LOCK_FREE_WITHIN_SECS,
        f"{host} cut off holding the ocean's lock: a buy through {others[0]} waited {waited_secs:.1f} s, and was done",
    )
    _see_back(stage, host, since)
    _expect_no_errors(stage, since, time.monotonic(), others, "meanwhile")
    _settle(stage)
    waited_secs, reply = _buy_while_held(stage, host, silent_ms=0)
    stage.expect(
        reply.status_code == httpx.codes.SERVICE_UNAVAILABLE,
        f"the same with TRANSACTION_SILENT_MS=0: after {waited_secs:.1f} s, {reply.status_code} {_code_of(reply)}",
    )


def redis_cut(stage: Stage) -> None:
    """Redis away: trades go on, ticks do not, and come again by themselves."""
    since = time.monotonic()
    with _cut(stage, CACHE, back=True):
        replies = {key: _buy(stage, host, key) for host in HOSTS for key in (uuid4(), uuid4(), uuid4())}
        time.sleep(max(0.0, CUT_SECS - (time.monotonic() - since)))
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
        lambda: all(listener.ticks[-1].at_secs > back_at for listener in listeners), within_secs=BACK_WITHIN_SECS
    )
    stage.expect(told_all, f"all sockets hear ticks again, {time.monotonic() - back_at:.1f} s after it was back")
    for host in HOSTS:
        _hear_tick(stage, host)


def end(stage: Stage) -> None:
    """Nothing is lost or doubled, and every law of money holds."""
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
    _tell_complaints(stage)


# --- How it is seen ---------------------------------------------------------------------------------------------------


def _tell_complaints(stage: Stage) -> None:
    """What the hosts have logged as faults, for whoever reads this."""
    complaints = stage.exchange.complaints()
    for complaint in sorted(set(complaints)):
        stage.tell(f"        {complaints.count(complaint)} x {complaint}")


def _settle(stage: Stage) -> None:
    """The traders stop; every trade that they know of was told to every socket, once."""
    stage.stop.set()
    for trader in stage.traders:
        trader.join()
    failures = [trader.failure for trader in stage.traders if trader.failure]
    stage.expect(not failures, f"no refusal but 503{': ' + failures[0] if failures else ''}")
    expected = set(stage.ledger.accepted.values())
    listeners = stage.audience.listeners
    wait_until(lambda: all(expected <= set(listener.trades) for listener in listeners), within_secs=10)
    lost = max(len(expected - set(listener.trades)) for listener in listeners)
    doubled = sum(count > 1 for listener in listeners for count in listener.trades.values())
    resyncs = sum(listener.resyncs for listener in listeners)
    stage.expect(
        (lost, doubled) == (0, 0),
        f"{len(expected)} trades, each heard by {len(listeners)} sockets: {lost} lost, {doubled} doubled,"
        f" {resyncs} times resync",
    )


def _buy_while_held(stage: Stage, host: str, *, silent_ms: int | None = None) -> tuple[float, httpx.Response]:
    """How long a buy through another host took when `host` was cut off with the lock, and its answer."""
    [(player_id,)] = stage.exchange.ask("SELECT id FROM accounts_user WHERE username = 'player-8'")
    other = next(name for name in HOSTS if name != host)
    holder = stage.exchange.hold_market(host, player_id=player_id, silent_ms=silent_ms)
    key = uuid4()
    with _cut(stage, host, back=True):
        started = time.monotonic()
        reply = _buy(stage, other, key)
        waited_secs = time.monotonic() - started
        holder.kill()
        time.sleep(1.0)
    if reply.is_success:
        stage.ledger.accept(key, reply.json()["id"])
    return waited_secs, reply


@contextmanager
def _cut(stage: Stage, node: str, *, front: bool = False, back: bool = False) -> Iterator[None]:
    stage.network.cut(node, front=front, back=back)
    try:
        yield
    finally:
        stage.network.mend(node)


def _see_back(stage: Stage, host: str, cut_at: float) -> None:
    mended_at = time.monotonic()
    is_back = wait_until(
        lambda: any(
            httpx.codes.is_success(one.status) for one in stage.ledger.between(mended_at, time.monotonic(), [host])
        ),
        within_secs=BACK_WITHIN_SECS,
    )
    took = time.monotonic() - mended_at
    stage.expect(is_back, f"{host} trades again {took:.1f} s after its link was back ({mended_at - cut_at:.0f} s away)")
    _hear_tick(stage, host)


def _hear_tick(stage: Stage, host: str) -> None:
    """See that a new socket hears a tick through a host. Raises Failed."""
    url = f"{stage.exchange.stream_url(host)}?token={stage.players[0].token}"
    started = time.monotonic()
    heard = ""
    with connect(url, open_timeout=BACK_WITHIN_SECS) as socket:
        socket.send(json.dumps({"action": "subscribe_biome_market", "room": ROOM}))
        while heard != "biome_market_update" and time.monotonic() < started + BACK_WITHIN_SECS:
            heard = json.loads(socket.recv(BACK_WITHIN_SECS))["type"]
    took = time.monotonic() - started
    stage.expect(heard == "biome_market_update", f"a new socket to {host} hears a tick after {took:.1f} s")


def _expect_no_errors(stage: Stage, since: float, until: float, hosts: Sequence[str], when: str) -> None:
    tries = stage.ledger.between(since, until, hosts)
    failed = [one for one in tries if not httpx.codes.is_success(one.status)]
    took_ms = [one.took_secs * 1000 for one in tries]
    stage.expect(
        tries and not failed,
        f"{when}: {len(tries)} trades through {', '.join(hosts)}, {len(failed)} errors{_statuses(failed)};"
        f" p50 {statistics.median(took_ms):.0f} ms, p95 {_percentile(took_ms, 95):.0f} ms, most {max(took_ms):.0f} ms",
    )


def _statuses(tries: Sequence[Try]) -> str:
    counts: dict[int, int] = defaultdict(int)
    for one in tries:
        counts[one.status] += 1
    return f" {dict(counts)}" if counts else ""


def _expect_ticks_went_on(stage: Stage, since: float, hosts: Sequence[str]) -> None:
    """Sockets that stayed where they were heard ticks without a long pause."""
    times = sorted(
        tick.at_secs
        for listener in stage.audience.listeners
        for tick in list(listener.ticks)
        if tick.at_secs >= since and tick.host in hosts
    )
    pauses = [later - earlier for earlier, later in zip([since, *times], [*times, time.monotonic()], strict=True)]
    stage.expect(max(pauses) < TICKS_WITHIN_SECS, f"the longest pause between ticks there: {max(pauses):.1f} s")


def _ticks_between(stage: Stage, since: float, until: float) -> dict[tuple[str, int], list[Tick]]:
    """What was heard of each tick, by its place in the log, of those first heard in a period."""
    heard: dict[tuple[str, int], list[Tick]] = defaultdict(list)
    for listener in stage.audience.listeners:
        for tick in list(listener.ticks):
            heard[tick.place].append(tick)
    return {place: ticks for place, ticks in heard.items() if since <= min(tick.at_secs for tick in ticks) < until}


def _spread_ms(ticks: Sequence[Tick]) -> float:
    times = [tick.at_secs for tick in ticks]
    return (max(times) - min(times)) * 1000


def _percentile(values: Sequence[float], percent: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


def _buy(stage: Stage, host: str, key: UUID) -> httpx.Response:
    """A buy in the ocean by the last player."""
    headers = stage.players[-1].headers | {"Idempotency-Key": str(key)}
    order: dict[str, Any] = {"biome": "ocean", "spend": "5.00"}
    return httpx.post(stage.exchange.url(host) + _BUY, json=order, headers=headers, timeout=ASKED_SECS)


def _code_of(reply: httpx.Response) -> str:
    return str(reply.json()["errors"][0]["code"])
