"""Times are in the visitor's own zone, also live ones; the pool is drawn as each cycle left it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from playwright.sync_api import Locator, Page, StorageState, expect

from tests.browser.tests.conftest import NewName, Visit
from tests.browser.visitor import Device

TOKYO = timezone(timedelta(hours=9))
#: Keeps what is written on any canvas of the page.
WRITTEN = """window.written = [];
const write = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
  written.push(text);
  return write.call(this, text, ...rest);
};"""


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


def test_a_zone_that_is_chosen_shows_at_once_and_goes_when_it_is_taken_back(visit: Visit, new_name: NewName) -> None:
    visitor = visit(timezone_id="Asia/Tokyo")
    visitor.register(new_name("zara"))
    page, other = visitor.page, visitor.context.new_page()
    page.goto("/account/")
    other.goto("/transactions/")
    loads = visitor.loads
    time = page.locator("main time[data-show]", has_text=":").first
    for name, zone in (("America/New_York", ZoneInfo("America/New_York")), ("", TOKYO)):
        page.get_by_label("Time zone").select_option(name)
        page.get_by_role("button", name="Save preferences").click()
        expect(page.locator(".foot [data-zone-name]")).to_have_text(name or "Asia/Tokyo")
        text, at, _ = shown_and_exact(time)
        assert f"{at.astimezone(zone):%H:%M}" in text
        assert visitor.loads == loads
        other.reload()
        expect(other.locator(".foot [data-zone-name]")).to_have_text(name or "Asia/Tokyo")
        loads = visitor.loads


def test_the_charts_tell_times_in_the_players_zone(visit: Visit) -> None:
    """Read where they are written on the canvas: Kolkata is half an hour beside UTC."""
    visitor = visit(timezone_id="Asia/Kolkata")
    page = visitor.page
    page.add_init_script(WRITTEN)
    page.goto("/")
    page.get_by_role("button", name="Show the chart").click()
    page.get_by_label("15m").check()
    expect(page.locator("#compare-chart canvas").first).to_be_visible()
    page.wait_for_function("() => written.some((text) => /^\\d\\d:\\d\\d$/.test(text))")
    assert_times_are_now(page, timedelta(hours=5, minutes=30))

    page.goto("/biome-market/ocean/?range=15m")
    page.wait_for_function("() => written.some((text) => /^\\d\\d:\\d\\d/.test(text))")
    assert_times_are_now(page, timedelta(hours=5, minutes=30))
    expect(page.get_by_role("heading", name="Recent trades")).to_contain_text(re.compile("Asia/(Kolkata|Calcutta)"))
    expect(page.locator("#legend")).to_contain_text(re.compile("Asia/(Kolkata|Calcutta)"))


def assert_times_are_now(page: Page, offset: timedelta) -> None:
    """Assert that each time on the page's chart is of the last hour, in a zone so far from UTC."""
    now = datetime.now(UTC) + offset
    written = page.evaluate("written.filter((text) => /^\\d\\d:\\d\\d(:\\d\\d)?$/.test(text))")
    assert written
    for text in written:
        hour, minute = map(int, text.split(":")[:2])
        assert (now.hour * 60 + now.minute - hour * 60 - minute) % 1440 <= 61


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
