"""The exchange's page shows all markets at once, in a true order, and compares them on one chart."""

from __future__ import annotations

from playwright.sync_api import Page, StorageState, expect

from tests.browser.tests.conftest import Visit
from tests.browser.tests.pages import open_page
from tests.browser.visitor import CYCLE, DESKTOP, PHONE, Device

BOTTOMS = "(rows) => rows.map((row) => row.getBoundingClientRect().bottom)"
BIOMES = "() => [...document.querySelectorAll('#market-list tbody tr')].map((row) => row.dataset.biome).join()"
IS_SORTED = """() => {
  const rows = document.querySelectorAll('#market-list tbody [data-live="price"]');
  const prices = [...rows].map((data) => Number(data.value));
  return prices.every((price, place) => place === 0 || price <= prices[place - 1]);
}"""
LIBRARY_LOADS = """() => performance.getEntriesByType("resource")
  .filter(({ name }) => name.includes("lightweight-charts")).length"""


def test_all_rows_are_above_the_fold(visit: Visit, regular: StorageState) -> None:
    page = open_page(visit(storage_state=regular), "/")
    bottoms = page.locator("#market-list tbody tr").evaluate_all(BOTTOMS)
    assert len(bottoms) == 7
    assert max(bottoms) <= DESKTOP["viewport"]["height"]


def test_the_markets_come_first_on_a_phone(visit: Visit, regular: StorageState) -> None:
    page = open_page(visit(PHONE, storage_state=regular), "/")
    bottoms = page.locator("#market-list tbody tr").evaluate_all(BOTTOMS)
    assert bottoms[0] <= PHONE["viewport"]["height"]
    others = page.locator("#intro, #compare, #pool").evaluate_all(
        "(all) => all.map((one) => one.getBoundingClientRect().top)"
    )
    assert min(others) >= max(bottoms)


def test_a_newcomer_with_a_phone_is_led_past_the_markets_to_the_first_steps(visit: Visit) -> None:
    page = open_page(visit(PHONE), "/")
    page.get_by_role("link", name="New here? First steps").tap()
    expect(page.get_by_role("region", name="First steps").get_by_role("heading")).to_be_in_viewport()


def test_who_holds_shares_can_buy_more(visit: Visit, device: Device, regular: StorageState) -> None:
    page = open_page(visit(device, storage_state=regular), "/")
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Ocean"))
    expect(row.locator(".held")).to_be_visible()
    row.get_by_role("link", name="Buy Ocean").click()
    page.wait_for_url("**/biome-market/ocean/?side=buy")


def test_rows_keep_their_order_true_but_not_under_the_pointer(visit: Visit) -> None:
    page = open_page(visitor := visit(), "/?sort=-price")
    page.wait_for_function(IS_SORTED)
    page.goto("/?sort=-cycle")
    visitor.wait_until_live()
    wait_for_another_order(page)
    page.locator("#market-list tbody tr").nth(3).hover()
    before = page.evaluate(BIOMES)
    visitor.wait_for_events(CYCLE, 10)
    assert page.evaluate(BIOMES) == before
    page.mouse.move(2, 2)
    wait_for_another_order(page)
    page.locator("#market-list tbody .biome").nth(3).focus()
    before = page.evaluate(BIOMES)
    visitor.wait_for_events(CYCLE, 10)
    assert page.evaluate(BIOMES) == before
    expect(page.locator("#market-list tbody .biome").nth(3)).to_be_focused()


def test_the_last_cycle_is_told_in_percent(visit: Visit) -> None:
    page = open_page(visit(), "/")
    cell = page.locator('#market-list [data-biome="snow"] [data-live="added-percent"]')
    expect(cell).not_to_have_text(cell.inner_text())
    percent = float((cell.get_attribute("title") or "").removesuffix(" %"))
    assert -5.01 <= percent <= 5.01


def test_all_are_compared_from_nothing_when_it_is_asked_for(visit: Visit, device: Device) -> None:
    page = open_page(visit(device), "/")
    page.wait_for_load_state("networkidle")
    assert page.evaluate(LIBRARY_LOADS) == 0
    compare = page.get_by_role("region", name="Compare all")
    compare.get_by_role("button", name="Show the chart").click()
    expect(compare.locator("canvas").first).to_be_visible()
    figures = compare.get_by_role("list", name="Change of each price").locator("data")
    expect(figures).to_have_count(7)
    for figure in figures.all():
        expect(figure).to_contain_text("%")
    expect(figures.first).not_to_have_text(figures.first.inner_text())
    for label in ("15m", "6h", "1D", "1W"):
        compare.get_by_text(label, exact=True).click()
        expect(compare.locator("#compare-chart:not([aria-busy])")).to_be_visible()
    ocean = compare.get_by_role("button", name="Ocean")
    ocean.click()
    expect(ocean).to_have_attribute("aria-pressed", "false")
    compare.get_by_role("button", name="Hide the chart").click()
    expect(compare.locator("canvas").first).to_be_hidden()


def wait_for_another_order(page: Page) -> None:
    page.wait_for_function(f"(before) => ({BIOMES})() !== before", arg=page.evaluate(BIOMES))
