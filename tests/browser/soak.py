"""The memory and CPU use of a page that stays open: `python -m tests.browser.soak [--minutes N] [PATH]`.

Signed in, in use, while cycles and the crowd's trades arrive. Each minute, after a garbage collection, it prints what
the page keeps in memory, and what the main thread did meanwhile. Exits with 1 where any of it grows.
A part of a minute is looked at once.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from dataclasses import dataclass, fields
from statistics import mean

from playwright.sync_api import CDPSession, Page, sync_playwright

from embedded.ports import free_port
from tests.browser.exchange import exchange_at
from tests.browser.orders import buy, open_market
from tests.browser.visitor import Visitor, launch

PAGE = "/biome-market/ocean/"
#: A player who looks on moves the pointer now and then: the page knows by it that it is in use.
STIR_MS = 5_000

#: How far the last minutes may be above the first before it is called growth: the crowd's moods change, too.
MOST_GROWTH = 1.15
COLUMNS = ("minute", "heap kB", "nodes", "listeners", "tasks ms", "script ms", "style ms", "layout ms")


@dataclass(frozen=True, slots=True)
class Minute:
    """The memory of a page at the end of a minute, and the time of its main thread in it."""

    heap_bytes: float
    nodes: float
    listeners: float
    task_secs: float
    script_secs: float
    style_secs: float
    layout_secs: float


def main() -> int:
    """Keep the page open, print a line a minute, and return the exit code."""
    parser = argparse.ArgumentParser(prog="soak", description="Keep a page open while prices move.")
    parser.add_argument("path", nargs="?", default=PAGE, help=f"the page (default {PAGE})")
    parser.add_argument("--minutes", type=float, default=10, help="how long (default 10)")
    parser.add_argument("--url", help="an exchange that runs already; by default one of its own")
    arguments = parser.parse_args()
    with exchange_at(arguments.url) as url, sync_playwright() as playwright, launch(playwright) as browser:
        player = Visitor.of(browser, url)
        player.register(f"ada-{os.getpid()}-{free_port()}")
        open_market(player.page, "Ocean")
        buy(player.page, "Ocean", "100")
        player.page.goto(arguments.path)
        player.wait_until_live()
        minutes = _watch(player.page, arguments.minutes)
    sys.stdout.write(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    return _judge(minutes, player.complaints)


def _watch(page: Page, minutes_long: float) -> list[Minute]:
    count = math.ceil(minutes_long)
    look_ms = 60_000 * minutes_long / count
    session = page.context.new_cdp_session(page)
    # The time that the thread computed: what else the machine does is not in it.
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    session.send("HeapProfiler.enable")
    # The first minute is the page's youth: it does not count.
    spent = _after_a_look(page, session, look_ms)
    sys.stdout.write("".join(f"{column:>12}" for column in COLUMNS) + "\n")
    minutes = []
    for number in range(1, count + 1):
        before, spent = spent, _after_a_look(page, session, look_ms)
        minutes.append(_minute(before, spent))
        _print_row(number, minutes[-1])
    return minutes


def _after_a_look(page: Page, session: CDPSession, look_ms: float) -> dict[str, float]:
    """Look on for so long; then return the browser's own counters, garbage collected."""
    stirs = math.ceil(look_ms / STIR_MS)
    for stir in range(stirs):
        page.mouse.move(200 + 10 * (stir % 2), 300)
        page.wait_for_timeout(look_ms / stirs)
    session.send("HeapProfiler.collectGarbage")
    return {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}


def _minute(before: dict[str, float], after: dict[str, float]) -> Minute:
    def spent(name: str) -> float:
        return after[name] - before[name]

    return Minute(
        heap_bytes=after["JSHeapUsedSize"],
        nodes=after["Nodes"],
        listeners=after["JSEventListeners"],
        task_secs=spent("TaskDuration"),
        script_secs=spent("ScriptDuration"),
        style_secs=spent("RecalcStyleDuration"),
        layout_secs=spent("LayoutDuration"),
    )


def _print_row(number: int, minute: Minute) -> None:
    spent = (minute.task_secs, minute.script_secs, minute.style_secs, minute.layout_secs)
    figures = (number, minute.heap_bytes / 1000, minute.nodes, minute.listeners, *(1000 * secs for secs in spent))
    sys.stdout.write("".join(f"{figure:>12,.0f}" for figure in figures) + "\n")
    sys.stdout.flush()


def _judge(minutes: list[Minute], complaints: list[str]) -> int:
    """Compare the last third of the minutes with the first. Returns the exit code."""
    third = max(1, len(minutes) // 3)
    grown = []
    for field in fields(Minute):
        first, last = (
            mean(getattr(minute, field.name) for minute in part) for part in (minutes[:third], minutes[-third:])
        )
        if last > MOST_GROWTH * first:
            grown.append(field.name)
    for problem in [*(f"grows: {name}" for name in grown), *complaints]:
        sys.stdout.write(f"{problem}\n")
    return 1 if grown or complaints else 0


if __name__ == "__main__":
    sys.exit(main())
