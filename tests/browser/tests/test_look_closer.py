"""The chart's bars, tools and view follow choices, drags and presses."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.orders import buy, open_market
from tests.browser.tests.conftest import NewName, Visit
from tests.browser.visitor import PHONE, Device, Visitor

OCEAN = "/biome-market/ocean/"


def open_chart(visitor: Visitor, query: str = "") -> Page:
    """Open the ocean's page, and wait for its chart."""
    page = visitor.page
    page.goto(OCEAN + query)
    visitor.wait_until_live()
    expect(page.locator("#chart")).to_have_attribute("data-state", "drawn")
    return page


def pointed_time(page: Page, *, part: float) -> str:
    """Return the time that the chart shows at the pointer, at a part of its width."""
    box = page.locator("#chart").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + (box["width"] - 80) * part, box["y"] + 120)
    page.wait_for_timeout(150)
    return page.locator('[data-legend="time"]').inner_text()


#: The averages of five closes, each of three bars, and the price of all that was traded from the third on.
COMPUTE = """async () => {
  const names = performance.getEntriesByType("resource").map(({ name }) => name);
  const name = names.find(name => /indicators\\.[0-9a-f]*\\.?js$/.test(name));
  const { simpleAverage, exponentialAverage, volumeWeighted } = await import(name);
  const bars = [2, 4, 6, 4, 12].map((close, time) => ({ time, close, high: close, low: close, volume: 12 * close }));
  return [simpleAverage(bars, 3), exponentialAverage(bars, 3), volumeWeighted(bars, 2), simpleAverage(bars, 9)];
}"""


def test_averages_are_what_they_say(visit: Visit) -> None:
    page = open_chart(visit())
    page.locator("#chart-menu summary").click()
    page.get_by_label("VWAP of the range").check()
    expect(page.locator("#chart-key")).to_contain_text("VWAP")
    simple, exponential, weighted, none = page.evaluate(COMPUTE)
    assert simple == [None, None, 4, pytest.approx(14 / 3), pytest.approx(22 / 3)]
    assert exponential == [None, None, 4, 4, 8]
    assert weighted == [None, None, 6, 5, pytest.approx(22 / 3)]
    assert none == [None] * 5


def test_live_is_in_bars_of_a_second_that_come_as_the_page_is_open(visit: Visit) -> None:
    visitor = visit()
    page = open_chart(visitor, "?range=live")
    expect(page.locator("#chart-bars")).to_have_text("Bars of 1 second")
    newest = page.locator('[data-legend="time"]')
    seen = set()
    for _ in range(6):
        seen.add(newest.inner_text())
        visitor.wait_for_events("biome_market_update", 2)
    assert len(seen) >= 4
    assert all(re.search(r"\d\d:\d\d:\d\d$", time) for time in seen)


def test_a_young_exchange_fills_its_week_and_says_since_open(visit: Visit) -> None:
    page = open_chart(visitor := visit(), "?range=1w")
    expect(page.locator("#chart-bars")).to_have_text(re.compile(r"^Bars of \d+ seconds?, since open$"))
    bars = visitor.ask("biome-market/candles/ocean?interval=1s&limit=500")["results"]
    assert len(bars) > 2
    assert pointed_time(page, part=0.1) != pointed_time(page, part=0.9)


def test_bars_can_be_chosen_where_they_fit_the_range(visit: Visit) -> None:
    page = open_chart(visit(), "?range=15m")
    bars = page.get_by_label("Bars", exact=True)
    bars.select_option("1m")
    expect(page.locator("#chart-bars")).to_have_text("Bars of 1 minute")
    page.reload()
    expect(page.locator("#chart-bars")).to_have_text("Bars of 1 minute")
    expect(bars).to_have_value("1m")
    page.get_by_role("link", name="Live").click()
    expect(page.locator("#chart-bars")).to_have_text(re.compile("^Bars of 1 (second|minute)$"))


def test_the_wheel_zooms_a_drag_moves_and_two_presses_show_all(visit: Visit) -> None:
    page = open_chart(visit(), "?range=live")
    page.wait_for_timeout(2_000)
    whole = pointed_time(page, part=0.05)
    top = page.evaluate("scrollY")
    for _ in range(5):
        page.mouse.wheel(0, -300)
    page.wait_for_timeout(200)
    near = pointed_time(page, part=0.5)
    assert near != whole
    assert page.evaluate("scrollY") == top
    box = page.locator("#chart").bounding_box()
    assert box is not None
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 100, box["y"] + 120, steps=8)
    page.mouse.up()
    assert pointed_time(page, part=0.5) != near
    expect(page.locator(".chart-hint")).to_contain_text("Drag to move, wheel or pinch to zoom")


def test_keys_zoom_the_chart(visit: Visit) -> None:
    page = open_chart(visit(), "?range=live")
    chart = page.locator("#chart")
    for _ in range(4):
        chart.press("+")
    near = pointed_time(page, part=0.05)
    chart.press("0")
    page.wait_for_timeout(100)
    page.mouse.move(0, 0)
    assert pointed_time(page, part=0.05) != near


def test_lines_and_scale_are_chosen_by_keyboard_and_kept(visit: Visit) -> None:
    page = open_chart(visit(), "?range=live")
    menu = page.locator("#chart-menu summary")
    menu.press("Enter")
    page.get_by_label("Average 1", exact=True).press("Space")
    page.get_by_label("Bars of average 1").fill("5")
    page.get_by_label("Bars of average 1").press("Tab")
    page.get_by_label("VWAP of the range").press("Space")
    page.get_by_label("Percent", exact=True).check()
    page.get_by_label("Bars of average 1").press("Escape")
    expect(page.get_by_label("Percent", exact=True)).to_be_hidden()
    expect(menu).to_be_focused()
    key = page.locator("#chart-key")
    expect(key).to_have_text(re.compile(r"^MA 5 [\d.,]+VWAP .+$"))

    page.reload()
    expect(key).to_have_text(re.compile(r"^MA 5 [\d.,]+VWAP .+$"))
    menu.click()
    expect(page.get_by_label("Percent", exact=True)).to_be_checked()
    expect(page.get_by_label("Bars of average 1")).to_have_value("5")


def test_a_player_hears_the_own_trades_on_the_chart(visit: Visit, new_name: NewName) -> None:
    visitor = visit()
    visitor.register(new_name("charter"))
    page = open_chart(visitor, "?range=live")
    buy(page, "Ocean", "50")
    chart = page.locator("#chart")
    announcer = page.locator("#announcer")
    chart.press("End")
    for _ in range(60):
        if "you bought" in (said := announcer.inner_text()):
            break
        chart.press("ArrowLeft")
        expect(announcer).not_to_have_text(said)
    expect(announcer).to_have_text(re.compile(r"BDT, you bought [\d.]+$"))


def test_the_range_comes_back_drawn_by_the_server(visit: Visit) -> None:
    visitor = visit()
    page = open_chart(visitor)
    page.get_by_role("link", name="Live").click()
    expect(page.locator("#chart-bars")).to_have_text("Bars of 1 second")
    open_market(page, "Snow")
    expect(page.get_by_role("link", name="Live")).to_have_attribute("aria-current", "true")
    html = visitor.context.request.get("/biome-market/snow/").text()
    assert re.search(r'data-range="live"[^>]* aria-current="true"', html)


def test_the_chart_takes_the_screen_and_gives_it_back(visit: Visit, device: Device) -> None:
    page = open_chart(visit(device))
    button = page.get_by_role("button", name="Full screen")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    page.wait_for_timeout(300)
    box = page.locator("#chart").bounding_box()
    size = page.viewport_size
    assert box is not None
    assert size is not None
    assert box["height"] > size["height"] / 2
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")


def test_a_finger_that_goes_up_scrolls_the_page_over_the_chart(visit: Visit) -> None:
    page = open_chart(visit(PHONE))
    page.locator("#chart").scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    box = page.locator("#chart").bounding_box()
    assert box is not None
    touch = page.context.new_cdp_session(page)
    x, y = box["x"] + 100, box["y"] + 200
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 12):
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y - 15 * step}]})
        page.wait_for_timeout(30)
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(300)
    assert page.evaluate("scrollY") > before + 100


def test_the_change_beside_the_candle_says_whose_it_is(visit: Visit) -> None:
    page = open_chart(visit())
    expect(page.locator("#legend div", has=page.locator('[data-legend="change"]'))).to_contain_text("This candle")
