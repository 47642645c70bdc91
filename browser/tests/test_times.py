"""Times are in the visitor's own zone, also live ones; the pool is drawn as each cycle left it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from playwright.sync_api import Locator, Page, StorageState, expect

from browser.tests.conftest import NewName, Visit
from browser.visitor import Device

TOKYO = timezone(timedelta(hours=9))


def shown_and_exact(time: Locator) -> tuple[str, datetime, str]:
    """Return a time's text, exact value and hover text, read at once."""
    text, exact, hover = time.evaluate("time => [time.textContent, time.dateTime, time.title]")
    return text, datetime.fromisoformat(exact), hover


def test_all_times_are_in_the_browsers_zone(visit: Visit, device: Device, regular: StorageState) -> None:
    page = visit(device, storage_state=regular, timezone_id="Asia/Tokyo").page
    for path in ("/transactions/", "/biome-market/ocean/", "/account/", "/status"):
        page.goto(path)
        expect(page.locator(".foot [data-zone-name]")).to_have_text("Asia/Tokyo")
        time = page.locator("time[data-show]").first
        text, at, hover = shown_and_exact(time)
        local = at.astimezone(TOKYO)
        assert any(f"{local:{part}}" in text for part in ("%H:%M", "%d")) or str(local.day) in text
        assert hover == f"{at.day} {at:%b %Y, %H:%M:%S} UTC"
    assert not re.search(r"\d{4}-\d\d-\d\dT\d\d", page.locator("body").inner_text())


def test_a_trade_that_comes_live_is_told_in_the_browsers_zone(visit: Visit, new_name: NewName) -> None:
    visitor = visit(timezone_id="Asia/Tokyo")
    visitor.register(new_name("tomo"))
    page = visitor.page
    page.goto("/biome-market/ocean/")
    visitor.wait_until_live()
    visitor.wait_for_events("biome_market_update", 3)
    newest = page.locator("#trades tbody tr time").first
    expect(newest).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"))
    text, at, hover = shown_and_exact(newest)
    assert text == f"{at.astimezone(TOKYO):%H:%M:%S}"
    assert hover.endswith(f"{at.astimezone(UTC):%H:%M:%S} UTC")


def test_the_chosen_zone_is_that_of_every_browser(visit: Visit, new_name: NewName) -> None:
    visitor = visit(timezone_id="Asia/Tokyo")
    visitor.register(new_name("zoe"))
    page = visitor.page
    page.goto("/account/")
    page.get_by_label("Time zone").select_option("America/New_York")
    page.get_by_role("button", name="Save preferences").click()
    expect(page.get_by_text("Your preferences are saved.")).to_be_visible()
    page.goto("/transactions/")
    expect(page.locator(".foot [data-zone-name]")).to_have_text("America/New York".replace(" ", "_"))


def test_the_footers_status_is_a_page_for_people(visit: Visit, device: Device) -> None:
    page = visit(device).page
    page.goto("/")
    page.get_by_role("link", name="Status").click()
    expect(page.get_by_role("heading", name="Status", exact=True)).to_be_visible()
    expect(page.get_by_text("Everything works.")).to_be_visible()
    expect(page.get_by_text("The last cycle, number")).to_be_visible()


def test_the_pool_is_drawn_as_each_cycle_left_it(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page
    page.goto("/")
    visitor.wait_until_live()
    page.locator("#pool").scroll_into_view_if_needed()
    visitor.wait_for_events("biome_market_update", 3)
    paid, got = drawn(page)
    assert len(paid) == 7
    assert sum(paid) == sum(got)
    expect(page.locator("#clamp")).to_have_text(
        re.compile("^(Clamped: no market may move by more than|Nothing was clamped)")
    )


def drawn(page: Page) -> tuple[list[int], list[int]]:
    """Return the micro-BDT that each market gave and got in the drawn cycle."""
    flows = page.evaluate(
        "[...document.querySelectorAll('#pool .flow')].map(flow => [flow.dataset.paid, flow.dataset.got])"
    )
    micro = [[round(float(text) * 1_000_000) for text in flow] for flow in flows]
    return [paid for paid, _ in micro], [got for _, got in micro]
