"""The picture of the house: the packages, their lines, and which imports which. Made from the imports themselves.

`make picture` draws docs/house.svg anew.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from itertools import groupby

import grimp

from tests.house.image import image_files
from tests.house.source import ROOT, Module, packages, production_modules

FILE = ROOT / "docs" / "house.svg"

PURPOSES = {
    "config": "settings, addresses, servers",
    "bench": "benchmarks and the stress test",
    "tests": "what tests share, browser tests, tests of the source",
    "deploy": "nginx, backups, upgrades, alerts, rehearsals of each",
    "operations": "administration, health, monitoring, load and smoke tests",
    "analytics": "net worth, leaderboard, totals of the economy",
    "marketplace": "land: world and map, fixed prices, auctions",
    "trading": "orders, wallets, the ledger, statements",
    "markets": "price curve, redistribution cycle, price history",
    "attention": "the biomes, and who gave attention to which",
    "streams": "event log, WebSocket, Server-Sent Events",
    "accounts": "registration, sign-in, passwords, mail, API keys",
    "embedded": "the PostgreSQL and Redis that make run starts",
    "core": "errors, database, Redis, web, API, observability",
}

WIDTH, TOP, MARGIN = 880, 72, 24
BOX_WIDTH, BOX_HEIGHT, GAP_X, GAP_Y = 248, 76, 24, 40
PURPOSE_CHARACTERS = 34

STYLE = """
.paper { fill: #ffffff } .box { fill: #eef3f7; stroke: #6d8196 } .tool { stroke-dasharray: 5 4; fill: #ffffff }
text { fill: #1d2733; font-family: system-ui, "Segoe UI", "Liberation Sans", sans-serif; font-size: 13px }
.name { font-size: 16px; font-weight: 600 } .quiet { fill: #51606f; font-size: 12.5px }
.arrow { fill: none; stroke: #6d8196; stroke-width: 1.5 } .head { fill: #6d8196 }
@media (prefers-color-scheme: dark) {
.paper { fill: #12171d } .box { fill: #222c37; stroke: #8ba0b5 } .tool { fill: #12171d }
text { fill: #edf2f7 } .quiet { fill: #b4c1cd } .arrow { stroke: #8ba0b5 } .head { fill: #8ba0b5 }
}
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A package's box: its upper left corner in px, and its row from the bottom."""

    x: int
    y: int
    row: int


def imports_of_packages() -> dict[str, set[str]]:
    """Return for each package the other packages that it imports, functions' imports included, without its tests."""
    graph = grimp.build_graph(*packages(), cache_dir=None)
    imports: dict[str, set[str]] = {package: set() for package in packages()}
    for module in graph.modules:
        if ".tests" in module:
            continue
        for imported in graph.find_modules_directly_imported_by(module):
            importer, package = module.split(".")[0], imported.split(".")[0]
            if importer != package:
                imports[importer].add(package)
    return imports


def lines_of_packages() -> dict[str, int]:
    """Return the lines of each package without tests and migrations; those of `tests` itself with all that it has."""
    lines = Counter({"tests": sum(module.lines for module in _files_of("tests"))})
    for module in production_modules():
        if "/" in module.path:
            lines[module.path.split("/")[0]] += module.lines
    return {package: lines[package] for package in packages()}


def _files_of(package: str) -> list[Module]:
    return [
        Module(path.relative_to(ROOT).as_posix(), path.read_text())
        for path in sorted((ROOT / package).rglob("*.py"))
        if "node_modules" not in path.parts
    ]


def tools() -> set[str]:
    """Return the packages of which the image has less than half of the files."""
    shipped = image_files(ROOT)
    files = Counter(module.path.split("/")[0] for module in production_modules() if "/" in module.path)
    inside = Counter(module.path.split("/")[0] for module in production_modules() if module.path in shipped)
    return {package for package in packages() if inside[package] * 2 < max(files[package], 1)}


def arrows_of(imports: Mapping[str, set[str]]) -> list[tuple[str, str]]:
    """Return the imports that no way over other packages explains: with them, everything below can be reached."""
    arrows = []
    for package, imported in imports.items():
        indirect = set().union(*(_below(other, imports) for other in imported)) if imported else set()
        arrows += [(package, other) for other in sorted(imported - indirect)]
    return arrows


def _below(package: str, imports: Mapping[str, set[str]]) -> set[str]:
    return set().union(*({other} | _below(other, imports) for other in imports[package])) if imports[package] else set()


def draw(imports: Mapping[str, set[str]], lines: Mapping[str, int], tools: set[str]) -> str:
    """Return the picture as SVG. Its colours follow the reader's choice of light or dark."""
    arrows = arrows_of(imports)
    places = _places(imports)
    height = max(place.y for place in places.values()) + BOX_HEIGHT + MARGIN
    title = "Which package imports which"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-labelledby="title">',
        f'<title id="title">{title}: each only those below it</title>',
        f"<style>{STYLE}</style>",
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path class="head" d="M0 0 8 4 0 8z"/></marker></defs>',
        f'<rect class="paper" width="{WIDTH}" height="{height}" rx="12"/>',
        f'<text class="name" x="{MARGIN}" y="30">{title}</text>',
        f'<text class="quiet" x="{MARGIN}" y="50">A package may import all that its arrows lead to, directly or over '
        "others. Dashed: not in the production image.</text>",
    ]
    parts += [_arrow(places[above], places[below], places.values()) for above, below in arrows]
    parts += [_box(package, places[package], lines[package], package in tools) for package in places]
    return "\n".join([*parts, "</svg>", ""])


def _places(imports: Mapping[str, set[str]]) -> dict[str, Place]:
    """Return each package's place: above all that it imports, and as low as that allows."""
    rows = {package: _row(package, imports) for package in imports}
    top = max(rows.values())
    places = {}
    for row, several in groupby(sorted(PURPOSES, key=lambda package: -rows[package]), key=rows.__getitem__):
        side_by_side = list(several)
        width = len(side_by_side) * (BOX_WIDTH + GAP_X) - GAP_X
        for place, package in enumerate(side_by_side):
            x = (WIDTH - width) // 2 + place * (BOX_WIDTH + GAP_X)
            places[package] = Place(x, TOP + (top - row) * (BOX_HEIGHT + GAP_Y), row)
    return places


def _row(package: str, imports: Mapping[str, set[str]]) -> int:
    return 1 + max((_row(other, imports) for other in imports[package]), default=-1)


def _box(package: str, place: Place, lines: int, is_tool: bool) -> str:
    purpose = textwrap.wrap(PURPOSES[package], PURPOSE_CHARACTERS)
    written = "".join(
        f'<text class="quiet" x="{place.x + 12}" y="{place.y + 44 + 17 * number}">{escape(line)}</text>'
        for number, line in enumerate(purpose)
    )
    return (
        f'<g data-package="{package}" data-lines="{lines}">'
        f'<rect class="box{" tool" if is_tool else ""}" x="{place.x}" y="{place.y}" width="{BOX_WIDTH}" '
        f'height="{BOX_HEIGHT}" rx="8"/>'
        f'<text class="name" x="{place.x + 12}" y="{place.y + 24}">{package}</text>'
        f'<text class="quiet" x="{place.x + BOX_WIDTH - 12}" y="{place.y + 24}" text-anchor="end">'
        f"{round(lines, -2):,} lines</text>{written}</g>"
    )


def _arrow(above: Place, below: Place, places: Iterable[Place]) -> str:
    """Return a line between neighbouring rows, or one beside the boxes of the rows that it passes."""
    middle = BOX_WIDTH // 2
    if above.row - below.row == 1:
        towards = max(30 - middle, min(middle - 30, (below.x - above.x) // 2))
        start, end = above.x + middle + towards, below.x + middle - towards
        return _line(f"M{start} {above.y + BOX_HEIGHT} L{end} {below.y}")
    beside = max(place.x for place in places if below.row <= place.row <= above.row) + BOX_WIDTH + GAP_X
    start, end = above.y + BOX_HEIGHT // 2, below.y + BOX_HEIGHT // 2
    return _line(f"M{above.x + BOX_WIDTH} {start} H{beside} V{end} H{below.x + BOX_WIDTH}")


def _line(way: str) -> str:
    return f'<path class="arrow" marker-end="url(#head)" d="{way}"/>'


def main() -> None:
    """Draw the picture anew from the source as it is."""
    FILE.write_text(draw(imports_of_packages(), lines_of_packages(), tools()))


if __name__ == "__main__":
    main()
