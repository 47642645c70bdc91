"""The sender of players' requests, each at its due time, however long earlier ones take (an open loop)."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Iterator
from heapq import merge
from http import HTTPStatus

import h11

from operations.load.connections import Broken, Connections, Reply
from operations.load.deals import Deals, Request
from operations.load.figures import Figures
from operations.load.plan import AFTER_SECS, MOST_UNDER_WAY, READS_A_TRADE, REPLY_SECS, Plan

#: What is sent again, with the same Idempotency-Key: nobody knows what became of it, or it may succeed later.
_AGAIN = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
_FIRST_WAIT_SECS, _LONGEST_WAIT_SECS = 0.25, 2.0


class Dealing:
    """The requests of one load: their due times and their results."""

    def __init__(self, plan: Plan, deals: Deals, connections: Connections) -> None:
        self._plan, self._deals, self._connections = plan, deals, connections
        self._addresses = plan.addresses
        self.figures = Figures()
        #: Unix time and the event loop's time at which the load began.
        self.started_secs = 0.0
        self._began_secs = 0.0

    async def run(self) -> None:
        """Send requests for as long as the plan says, then wait for those under way."""
        self.started_secs, self._began_secs = time.time(), time.perf_counter()
        under_way: set[asyncio.Task[None]] = set()
        for due_secs, kind in schedule(self._plan):
            await asyncio.sleep(max(0.0, self._began_secs + due_secs - time.perf_counter()))
            if len(under_way) >= MOST_UNDER_WAY:
                self.figures.fail(kind, "not_sent", at_secs=time.time(), took_ms=0.0)
                continue
            task = asyncio.create_task(self._do(self._request(kind), due_secs))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        if under_way:
            await asyncio.wait(under_way)
        self._connections.close()

    def _request(self, kind: str) -> Request:
        return self._deals.next_trade() if kind == "trade" else self._deals.next_read(kind)

    async def _do(self, request: Request, due_secs: float) -> None:
        """Send until there is a final answer, or the time for that is over."""
        wait_secs = _FIRST_WAIT_SECS
        last_secs = self._began_secs + self._plan.secs + AFTER_SECS
        while True:
            code, retry_after_secs = await self._try(request, due_secs)
            if not code or retry_after_secs is None:
                return
            # Not all in the same instant.
            wait_secs = max(retry_after_secs, wait_secs) * random.uniform(0.75, 1.25)
            if time.perf_counter() + wait_secs > last_secs:
                return
            await asyncio.sleep(wait_secs)
            wait_secs = min(2 * wait_secs, _LONGEST_WAIT_SECS)

    async def _try(self, request: Request, due_secs: float) -> tuple[str, float | None]:
        """Send once.

        Returns the failure's code, "" for none, and the seconds until the next attempt, if there is one.
        """
        began_secs = time.perf_counter()
        retry_after_secs: float | None = 0.0
        try:
            reply = await self._ask(request)
            code = _code_of(reply)
            if reply.status not in _AGAIN:
                retry_after_secs = None
            else:
                retry_after_secs = min(float(reply.headers.get("retry-after") or 0), _LONGEST_WAIT_SECS)
        except TimeoutError:
            code = "timeout"
        except (Broken, OSError, h11.ProtocolError) as error:
            code = f"connection_{type(error).__name__.lower()}"
        now_secs = time.perf_counter()
        if code:
            took_ms = (now_secs - began_secs) * 1000
            self.figures.fail(request.kind, code, at_secs=time.time(), took_ms=took_ms)
        else:
            took_ms = (now_secs - self._began_secs - due_secs) * 1000
            self.figures.note(request.kind, int(due_secs), took_ms)
        if request.operation is not None and retry_after_secs is None:
            self._settle(request, reply, code)
        return code, retry_after_secs

    async def _ask(self, request: Request) -> Reply:
        headers = [("Authorization", f"Bearer {request.token}")]
        if request.body:
            headers.append(("Content-Type", "application/json"))
        if request.operation is not None:
            self._deals.trades[request.operation].times_sent += 1
            headers.append(("Idempotency-Key", str(request.operation)))
        address = self._addresses[request.player % len(self._addresses)]
        async with asyncio.timeout(REPLY_SECS):
            return await self._connections.ask(
                address, request.method, request.path, headers=headers, body=request.body
            )

    def _settle(self, request: Request, reply: Reply, code: str) -> None:
        if code:
            self._deals.refuse(request, code)
        else:
            self._deals.accept(request, json.loads(reply.body))


def schedule(plan: Plan) -> Iterator[tuple[float, str]]:
    """Yield the requests due in each second of the load: trades evenly, and reads in proportion, each at its own
    pace.
    """
    rates = {"trade": 1.0, **READS_A_TRADE}
    paces = [
        _evenly(kind, plan.trades_per_sec * rate, plan.secs) for kind, rate in rates.items() if plan.trades_per_sec
    ]
    return merge(*paces)


def _evenly(kind: str, per_sec: float, secs: float) -> Iterator[tuple[float, str]]:
    # Half a step later, so that not all kinds are due in the same instants.
    return (((number + 0.5) / per_sec, kind) for number in range(int(per_sec * secs)))


def _code_of(reply: Reply) -> str:
    """Return "" for a success; else the status and the first error's code, and whether a 503 lacks Retry-After."""
    if reply.status < HTTPStatus.BAD_REQUEST:
        return ""
    try:
        code = str(json.loads(reply.body)["errors"][0]["code"])
    except (ValueError, LookupError, TypeError):
        code = "without_code"
    promised = "retry-after" in reply.headers or reply.status != HTTPStatus.SERVICE_UNAVAILABLE
    return f"{reply.status} {code}" if promised else f"{reply.status} {code} without Retry-After"
