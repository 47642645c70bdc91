"""With JavaScript off, pages can be read, and a player can sign in and trade."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.orders import open_market, order, order_ticket
from tests.browser.tests.conftest import NewName, Visit
from tests.browser.visitor import Device


def test_pages_can_be_read(visit: Visit) -> None:
    page = visit(java_script_enabled=False).page
    page.goto("/")
    rows = page.get_by_role("table", name="Markets").locator("tbody").get_by_role("row")
    expect(rows).to_have_count(7)
    open_market(page, "Ocean")
    expect(page.locator("#chart-summary")).to_contain_text("the price opened at")


def test_sign_in_and_trade(visit: Visit, device: Device, new_name: NewName) -> None:
    visitor = visit(device, java_script_enabled=False)
    page = visitor.page
    visitor.register(new_name("noah"))
    open_market(page, "Ocean")
    order_ticket(page, "Ocean").get_by_role("textbox", name="Amount fee included").fill("100")
    assert "for 100.00 BDT" in order(page, "Ocean", "Buy")

    page.goto("/portfolio/")
    expect(page.get_by_role("rowheader", name="Ocean")).to_be_visible()
    page.get_by_role("link", name="Sell Ocean").click()
    assert "Sold" in order(page, "Ocean", "Sell")

    page.goto("/transactions/")
    page.get_by_label("Kind").select_option("Bought")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("table").locator("tbody").get_by_role("row")).to_have_count(1)
