"""The chart's scales, its levels and what two fingers do to it, read from the library that draws it on a canvas."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from tests.browser.orders import buy
from tests.browser.tests.conftest import NewName, Visit
from tests.browser.tests.test_look_closer import open_chart
from tests.browser.visitor import DESKTOP, Visitor

LIBRARY = re.compile(r"/vendor/lightweight-charts[^?]*\.js$")
#: The library itself, which leaves what it draws where a test finds it.
READABLE = """import * as library from "{address}?itself";
export * from "{address}?itself";
export const createChart = (...all) => (window.drawn = library.createChart(...all));
"""
SERIES = "const series = drawn.panes()[0].getSeries().find((one) => /Candle|Area/.test(one.seriesType()));"
#: What the scale's figures look like, where the range begins, and how far a double is above a price, twice over.
READ_SCALE = f"""() => {{
  {SERIES}
  const {{ close }} = series.data().at(-1);
  const [one, two, four] = [close, 2 * close, 4 * close].map((price) => series.priceToCoordinate(price));
  return {{
    text: series.priceFormatter().format(close),
    opens: series.data().map((bar) => bar.open ?? null),
    steps: [one - two, two - four],
  }};
}}"""
READ_LEVELS = f"""() => {{
  {SERIES}
  const levels = series.priceLines().map((line) => line.options());
  return Object.fromEntries(levels.map(({{ title, price }}) => [title, price]));
}}"""
BARS_SHOWN = """() => {
  const { from, to } = drawn.timeScale().getVisibleLogicalRange();
  return to - from;
}"""


def open_readable(visitor: Visitor, query: str = "?range=live") -> Page:
    """The ocean's page, its chart drawn where a test can read it."""
    visitor.context.route(LIBRARY, lambda route: route.fulfill(**made_readable(route)))
    return open_chart(visitor, query)


def made_readable(route: Route) -> dict[str, Any]:
    return {"content_type": "text/javascript", "body": READABLE.format(address=route.request.url)}


def choose(page: Page, label: str) -> None:
    """Choose one of the chart's tools."""
    page.locator("#chart-menu summary").click()
    page.get_by_label(label, exact=True).check()
    page.locator("#chart-menu summary").click()


def test_the_usual_scale_is_in_bdt_and_even(visit: Visit) -> None:
    scale = open_readable(visit()).evaluate(READ_SCALE)
    assert re.fullmatch(r"[\d,]+\.\d\d", scale["text"])
    first, second = scale["steps"]
    assert second == pytest.approx(2 * first, rel=0.01)


def test_a_logarithmic_scale_has_every_double_equally_far(visit: Visit) -> None:
    page = open_readable(visit())
    choose(page, "Log")
    scale = page.evaluate(READ_SCALE)
    assert re.fullmatch(r"[\d,]+\.\d\d", scale["text"])
    first, second = scale["steps"]
    assert second == pytest.approx(first, rel=0.01)


def test_a_scale_in_percent_counts_from_where_the_range_begins(visit: Visit) -> None:
    page = open_readable(visit(), "?range=15m")
    choose(page, "Percent")
    scale = page.evaluate(READ_SCALE)
    assert re.fullmatch(r"-?[\d,]+\.\d\d %", scale["text"])
    assert 0 in scale["opens"]
    assert max(map(abs, scale["opens"])) < 1000


def test_the_average_cost_is_a_line_on_the_chart(visit: Visit, new_name: NewName) -> None:
    visitor = visit()
    visitor.register(new_name("costa"))
    page = open_readable(visitor)
    visitor.wait_for_events("biome_market_update", 2)
    assert "Cost" not in page.evaluate(READ_LEVELS)

    for amount in ("50", "150"):
        buy(page, "Ocean", amount)
        [holding] = visitor.ask("biome-market/portfolio")["holdings"]
        page.wait_for_function(f"cost => ({READ_LEVELS})().Cost === cost", arg=float(holding["average_cost"]))
    page.reload()
    page.wait_for_function(
        f"cost => window.drawn && ({READ_LEVELS})().Cost === cost", arg=float(holding["average_cost"])
    )

    page.locator("#chart-menu summary").click()
    page.get_by_label("My average cost").uncheck()
    page.wait_for_function(f"() => !('Cost' in ({READ_LEVELS})())")


def test_where_the_price_is_heading_is_a_line_that_moves(visit: Visit) -> None:
    page = open_readable(visit())
    page.wait_for_function(f"() => ({READ_LEVELS})().Heading > 0")
    before = page.evaluate(READ_LEVELS)["Heading"]
    page.wait_for_function(f"before => ({READ_LEVELS})().Heading !== before", arg=before)
    told = float(page.locator('[data-live="heading"]').get_attribute("value") or 0)
    assert page.evaluate(READ_LEVELS)["Heading"] == pytest.approx(told, rel=0.2)


def test_two_fingers_apart_show_fewer_bars_and_together_more(visit: Visit) -> None:
    page = open_readable(visit({**DESKTOP, "has_touch": True}))
    page.locator("#chart").scroll_into_view_if_needed()
    page.wait_for_function(f"() => {{ {SERIES} return series.data().length > 45; }}", timeout=60_000)
    page.locator("#chart").press("0")
    whole = page.evaluate(BARS_SHOWN)
    pinch(page, apart_px=(40, 240))
    near = page.evaluate(BARS_SHOWN)
    assert near < whole * 0.9
    pinch(page, apart_px=(240, 60))
    assert page.evaluate(BARS_SHOWN) > near * 1.1


def pinch(page: Page, *, apart_px: tuple[int, int]) -> None:
    """Move two fingers on the chart, from one distance of each other to another."""
    box = page.locator("#chart").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 3
    fingers = page.context.new_cdp_session(page)
    first, last = apart_px

    def touch(kind: str, apart: float) -> None:
        points = [{"x": x + side * apart / 2, "y": y, "id": side + 1} for side in (-1, 1)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points if kind != "touchEnd" else []})

    touch("touchStart", first)
    for step in range(1, 11):
        touch("touchMove", first + (last - first) * step / 10)
        page.wait_for_timeout(20)
    touch("touchEnd", last)
    page.wait_for_timeout(100)
