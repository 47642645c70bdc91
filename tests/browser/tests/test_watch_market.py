"""One market's page: its chart, its trades, and giving attention."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.tests.conftest import NewName, Visit
from tests.browser.visitor import Device, Visitor

OCEAN = "/biome-market/ocean/"
IDLE_AFTER = "00:31"


def open_market(visitor: Visitor) -> Page:
    """Open the ocean's page, live."""
    page = visitor.page
    page.goto(OCEAN)
    visitor.wait_until_live()
    return page


def set_hidden(page: Page, *, hidden: bool) -> None:
    """Hide or show the page as another tab does: Chromium without a window shows all of them."""
    page.evaluate(
        """hidden => {
            Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def test_the_chart_is_drawn_and_its_range_and_style_can_be_chosen(visit: Visit, device: Device) -> None:
    page = open_market(visitor := visit(device))
    chart = page.locator("#chart")
    expect(chart).to_have_attribute("data-state", "drawn")
    expect(page.locator("#chart-summary")).to_contain_text("Over the last hour the price opened at")

    page.get_by_role("link", name="15m").press("Enter")
    expect(page.locator("#chart-summary")).to_contain_text("Over the last 15 minutes")
    expect(page).to_have_url(re.compile(r"\?range=15m$"))
    page.get_by_label("Line", exact=True).check(force=True)
    expect(chart).to_have_attribute("data-state", "drawn")

    page.reload()
    expect(page.locator("#chart-summary")).to_contain_text("Over the last 15 minutes")
    expect(page.get_by_label("Line", exact=True)).to_be_checked()
    assert visitor.loads == 2


def test_arrow_keys_read_the_chart(visit: Visit) -> None:
    page = open_market(visit())
    expect(page.locator("#chart")).to_have_attribute("data-state", "drawn")
    page.locator("#chart").press("ArrowLeft")
    expect(page.locator("#announcer")).to_have_text(
        re.compile(r"^\d+ \w+, \d\d:\d\d(:\d\d)?: close [\d,.]+, high [\d,.]+, low [\d,.]+ BDT$")
    )


def test_a_page_in_use_gives_attention_and_an_idle_or_hidden_one_none(visit: Visit, new_name: NewName) -> None:
    visitor = visit()
    visitor.register(new_name("looker"))
    visitor.page.clock.install()
    page = open_market(visitor)
    box, points = page.locator("#attention"), page.locator('[data-giving="points"]')
    expect(box).to_have_attribute("data-state", "giving")
    expect(points).to_have_text("10")

    page.clock.fast_forward(IDLE_AFTER)
    expect(box).to_have_attribute("data-state", "idle")
    expect(points).to_have_text("0")
    page.keyboard.press("Shift")
    expect(box).to_have_attribute("data-state", "giving")

    set_hidden(page, hidden=True)
    expect(box).to_have_attribute("data-state", "hidden")
    set_hidden(page, hidden=False)
    expect(box).to_have_attribute("data-state", "giving")


def test_a_guest_gives_none(visit: Visit) -> None:
    page = open_market(visitor := visit())
    sent: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(str(frame))))
    page.reload()
    visitor.wait_until_live()
    visitor.wait_for_events("biome_market_update", 3)
    assert sent != []
    assert not [frame for frame in sent if "attention" in frame]


def test_a_trade_of_somebody_else_is_listed_at_once(visit: Visit, new_name: NewName) -> None:
    page = open_market(watcher := visit())
    trader = visit()
    trader.register(new_name("trader"))
    csrf = next(cookie["value"] for cookie in trader.context.cookies() if cookie["name"].endswith("csrftoken"))
    reply = trader.page.request.post(
        "/api/v1/biome-market/buy",
        data={"biome": "ocean", "shares": "1.234567"},
        headers={"X-CSRFToken": csrf, "Referer": trader.url},
    )
    assert reply.ok, reply.text()
    expect(page.locator('#trades td[title="1.234567 shares"]')).to_have_text("1.2346")
    assert watcher.loads == 1
