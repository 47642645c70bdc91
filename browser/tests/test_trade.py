"""Buying and selling in the panel of a market's page."""

from __future__ import annotations

from playwright.sync_api import expect

from browser.orders import TOLERANCE_PERCENT, buy, open_market, panel, sell
from browser.tests.conftest import NewName, Visit
from browser.visitor import Device


def test_buy_then_sell_all(visit: Visit, device: Device, new_name: NewName) -> None:
    page = (visitor := visit(device)).page
    visitor.register(new_name("ada"))
    open_market(page, "Forest")
    loads = visitor.loads
    assert "for 100.00 BDT" in buy(page, "Forest", "100")
    expect(page.locator("#panel-result")).to_be_focused()
    [bought] = visitor.ask("biome-market/transactions")["results"]
    assert bought["shares"] == visitor.ask("biome-market/portfolio")["holdings"][0]["shares"]
    desk = panel(page, "Forest")
    expect(desk.get_by_role("definition").filter(has_text="900.00 BDT").first).to_be_visible()

    sell(page, "Forest", bought["shares"])
    sold, _ = visitor.ask("biome-market/transactions")["results"]
    assert (sold["side"], sold["shares"]) == ("sell", bought["shares"])
    [holding] = visitor.ask("biome-market/portfolio")["holdings"]
    assert holding["shares"] == "0.00"
    assert visitor.loads == loads


def test_the_quote_follows_what_is_typed(visit: Visit) -> None:
    page = visit().page
    open_market(page, "Snow")
    desk = panel(page, "Snow")
    desk.get_by_role("textbox", name="Amount").press_sequentially("50")
    expect(desk.get_by_role("definition").filter(has_text="50.00 BDT")).to_be_visible()
    desk.get_by_text("Shares", exact=True).first.click()
    desk.get_by_role("textbox", name="Amount").press_sequentially("2")
    expect(desk.get_by_role("definition").filter(has_text="2.0000 shares")).to_be_visible()


def test_a_double_click_trades_once(visit: Visit, new_name: NewName) -> None:
    page = (visitor := visit()).page
    visitor.register(new_name("ada"))
    open_market(page, "Beach")
    desk = panel(page, "Beach")
    desk.get_by_role("textbox", name="Amount").fill("10")
    desk.get_by_role("textbox", name="Price may").fill(TOLERANCE_PERCENT)
    desk.get_by_role("button", name="Buy Beach").dblclick()
    expect(desk.get_by_role("heading", name="Bought")).to_be_visible()
    assert len(visitor.ask("biome-market/transactions")["results"]) == 1


def test_what_cannot_be_is_said_beside_the_field(visit: Visit, new_name: NewName) -> None:
    page = (visitor := visit()).page
    visitor.forgive("ocean/trade/: 409")
    visitor.register(new_name("ada"))
    open_market(page, "Ocean")
    desk = panel(page, "Ocean")
    amount = desk.get_by_role("textbox", name="Amount")
    amount.fill("5000")
    desk.get_by_role("button", name="Buy Ocean").click()
    expect(amount).to_be_focused()
    expect(amount).to_have_value("5000")
    expect(amount).to_have_accessible_description("The wallet does not hold enough BDT.")
    assert visitor.ask("biome-market/transactions")["results"] == []
