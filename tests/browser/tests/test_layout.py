"""Nothing moves when a number changes, and nothing is wider than the screen."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, StorageState

from tests.browser.tests.conftest import Visit
from tests.browser.tests.pages import OF_GUESTS, OF_PLAYERS, open_page
from tests.browser.visitor import CYCLE, PHONE, Device, Visitor

CYCLES = 10
#: Remembers every shift of the layout from now on, with what has moved.
OBSERVE_SHIFTS = """() => {
  window.shifts = [];
  const describe = ({ node }) => node?.outerHTML?.slice(0, 200) ?? node?.parentElement?.outerHTML?.slice(0, 200);
  new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) window.shifts.push([shift.value, ...shift.sources.map(describe)]);
  }).observe({ type: "layout-shift" });
}"""
TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  return document.documentElement.scrollWidth <= width ? [] : [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > width + 1)
    .map((element) => element.outerHTML.slice(0, 200));
}"""


@pytest.mark.parametrize("path", ["/", "/biome-market/ocean/", "/portfolio/"])
def test_ticks_move_nothing(visit: Visit, device: Device, regular: StorageState, path: str) -> None:
    visitor = visit(device, storage_state=regular)
    page = open_page(visitor, path)
    # What is fetched after the page, such as the chart, has its place by then.
    page.wait_for_load_state("networkidle")
    assert shifts_during_ticks(visitor, page) == []


def test_a_shift_would_be_seen(visit: Visit, device: Device) -> None:
    visitor = visit(device)
    page = open_page(visitor, "/")
    page.evaluate(OBSERVE_SHIFTS)
    page.evaluate("document.querySelector('main').prepend(document.createElement('hr'))")
    page.wait_for_function("() => window.shifts.length > 0")


@pytest.mark.parametrize("path", OF_PLAYERS)
def test_players_pages_fit_a_phone(visit: Visit, regular: StorageState, path: str) -> None:
    assert open_page(visit(PHONE, storage_state=regular), path).evaluate(TOO_WIDE) == []


@pytest.mark.parametrize("path", OF_GUESTS)
def test_guests_pages_fit_a_phone(visit: Visit, path: str) -> None:
    assert open_page(visit(PHONE), path).evaluate(TOO_WIDE) == []


def shifts_during_ticks(visitor: Visitor, page: Page) -> list[Any]:
    page.evaluate(OBSERVE_SHIFTS)
    visitor.wait_for_events(CYCLE, CYCLES)
    shifts: list[Any] = page.evaluate("window.shifts")
    return shifts
