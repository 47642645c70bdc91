"""One load from beginning to end: players, sockets, requests, and the audit."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import h11
from django.db import connections
from django.utils import timezone

from attention.biomes import Biome
from operations.load.audit import Audit, audit
from operations.load.client_api import API
from operations.load.connections import Broken, Connections
from operations.load.dealing import Dealing
from operations.load.deals import Deals
from operations.load.figures import Figures
from operations.load.plan import PAGES, REPLY_SECS, Page, Plan
from operations.load.players import Player, ready_players
from operations.load.sockets import Heard, Silence

#: Tokens live so much longer than the load: it takes a while to begin and to end.
_TOKEN_MARGIN_SECS = 600.0
_LINE_BYTES = 256 * 1024 * 1024

Say = Callable[[str], None]


class CannotLoad(Exception):
    """Raised when the load cannot be run; the message tells why."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The plan of a load and its measurements."""

    plan: Plan
    started_secs: float
    secs: float
    trades_accepted: int
    trades_unanswered: int
    figures: Figures
    heard: Heard
    silences: tuple[Silence, ...]
    sockets_open: int
    stale_connections: int
    cpu_percent: float
    audit: Audit | None


def put_on(plan: Plan, *, checks: bool, say: Say) -> Outcome:
    """Prepare the players, run the load, and audit the transactions in the end. Raises CannotLoad."""
    since = timezone.now()
    players = ready_players(count=plan.players, token_secs=plan.secs + _TOKEN_MARGIN_SECS, now=since)
    if not players:
        raise CannotLoad("Every name that the load would use belongs to another player.")
    say(f"{len(players)} players are ready")
    # PostgreSQL may be restarted while the load runs.
    connections.close_all()
    deals = Deals(players, Random(plan.seed))
    since = timezone.now()
    dealing, told, secs = asyncio.run(_load(plan, players, deals, say))
    dealing.figures.add(Figures.of_json(told["figures"]))
    used = resource.getrusage(resource.RUSAGE_SELF)
    own_cpu_secs = used.ru_utime + used.ru_stime
    found = audit(deals.trades, player_ids=[player.id for player in players], since=since) if checks else None
    trades = deals.trades.values()
    return Outcome(
        plan=plan,
        started_secs=dealing.started_secs,
        secs=secs,
        trades_accepted=sum(trade.id is not None for trade in trades),
        trades_unanswered=sum(trade.id is None and not trade.refusal for trade in trades),
        figures=dealing.figures,
        heard=Heard(**told["heard"]),
        silences=tuple(Silence(**silence) for silence in told["silences"]),
        sockets_open=told["open"],
        stale_connections=told["stale"],
        cpu_percent=100 * (told["cpu_secs"] + own_cpu_secs - told["own_cpu_before_secs"]) / secs,
        audit=found,
    )


async def _load(plan: Plan, players: Sequence[Player], deals: Deals, say: Say) -> tuple[Dealing, dict[str, Any], float]:
    http = Connections(plan.url)
    stream_url = await _stream_url(plan, http, players[0])
    dealing = Dealing(plan, deals, http)
    sockets = await _open_sockets(plan, stream_url, players) if plan.sockets else None
    try:
        say(f"{plan.sockets} sockets are open; {plan.secs:g} s of load begin")
        if sockets:
            await _tell(sockets, "go")
        cpu_secs, began_secs = time.process_time(), time.monotonic()
        await asyncio.gather(dealing.run(), asyncio.sleep(plan.secs))
        secs = time.monotonic() - began_secs
        told = await _answer(sockets, "stop") if sockets else _NOTHING_TOLD | {"figures": Figures().as_json()}
    finally:
        if sockets and sockets.returncode is None:
            sockets.kill()
            await sockets.wait()
    return dealing, told | {"stale": http.stale, "own_cpu_before_secs": cpu_secs}, secs


_NOTHING_TOLD: dict[str, Any] = {"heard": {}, "silences": [], "open": 0, "cpu_secs": 0.0}


async def _stream_url(plan: Plan, http: Connections, player: Player) -> str:
    """Return the sockets' address. Raises CannotLoad where the exchange does not answer or does not know our player."""
    headers = [("Authorization", f"Bearer {player.token}")]
    try:
        async with asyncio.timeout(REPLY_SECS):
            reply = await http.ask(plan.addresses[0], "GET", f"{API}/portfolio", headers=headers)
            markets = await http.ask(plan.addresses[0], "GET", f"{API}/markets", headers=headers)
    except (OSError, Broken, h11.ProtocolError) as error:
        raise CannotLoad(f"Nothing answers at {plan.url}: {error or type(error).__name__}") from error
    if (reply.status, markets.status) != (200, 200):
        raise CannotLoad(
            f"The exchange at {plan.url} does not serve our player ({reply.status}, {markets.status}): run this with "
            "its own settings, DATABASE_URL and SECRET_KEY above all."
        )
    return str(json.loads(markets.body)["stream"]["url"])


async def _open_sockets(plan: Plan, stream_url: str, players: Sequence[Player]) -> asyncio.subprocess.Process:
    """Start the sockets' process, and return it when all of them have received something. Raises CannotLoad."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "operations.load.sockets",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LINE_BYTES,
    )
    told = {"url": stream_url, "sockets": socket_plans(plan, players)}
    if (answer := await _answer_line(process, json.dumps(told))) != "ready":
        process.kill()
        await process.wait()
        raise CannotLoad(f"The sockets at {stream_url} did not open: {answer or 'see above'}")
    return process


def socket_plans(plan: Plan, players: Sequence[Player]) -> list[dict[str, Any]]:
    """Return each socket's player, page and address, in the proportions of PAGES."""
    rng = Random(plan.seed)
    pages = [_page_of(number) for number in range(plan.sockets)]
    plans: list[dict[str, Any]] = []
    for number, page in enumerate(pages):
        player = players[number % len(players)] if rng.randrange(100) < page.percent_signed_in else None
        biome = rng.choice(list(Biome)).value
        addresses = plan.addresses
        plans.append(
            {
                "page": page.name,
                "room": page.room or f"biome_market_{biome}",
                "address": addresses[number % len(addresses)],
                "token": player.token if player else "",
                "biome": biome,
                "gives": player is not None and page.gives_attention,
            }
        )
    return plans


def _page_of(number: int) -> Page:
    # 37 has no factor in common with 100: any hundred in a row has each page as often as it should.
    place = number * 37 % 100
    for page in PAGES:
        place -= page.percent_of_sockets
        if place < 0:
            return page
    raise AssertionError("the pages' parts are not 100")


async def _tell(process: asyncio.subprocess.Process, line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{line}\n".encode())
    await process.stdin.drain()


async def _answer_line(process: asyncio.subprocess.Process, line: str) -> str:
    assert process.stdout is not None
    await _tell(process, line)
    return (await process.stdout.readline()).decode().strip()


async def _answer(process: asyncio.subprocess.Process, line: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(await _answer_line(process, line))
    return answer
