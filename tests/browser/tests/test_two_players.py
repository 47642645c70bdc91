"""With two browsers at once, each shows what happens in the other."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.orders import open_market, order_ticket, take_any_price
from tests.browser.tests.conftest import NewName, Visit
from tests.browser.visitor import Device


def test_one_trades_and_the_other_sees_it(visit: Visit, device: Device, new_name: NewName) -> None:
    trader, watcher = visit(), visit(device)
    trader.register(new_name("tess"))
    open_market(watcher.page, "Mountain")
    watcher.wait_until_live()
    loads = watcher.loads
    # Nobody of the crowd trades so round a number.
    open_market(trader.page, "Mountain")
    ticket = order_ticket(trader.page, "Mountain")
    ticket.get_by_text("Shares", exact=True).first.click()
    ticket.get_by_role("textbox", name="Amount").fill("1.25")
    take_any_price(ticket)
    ticket.get_by_role("button", name="Buy Mountain").click()
    trades = watcher.page.get_by_role("region", name="Recent trades")
    expect(trades.get_by_role("row").filter(has_text="1.2500").first).to_contain_text("▲ Buy")
    assert watcher.loads == loads


def test_a_player_s_own_windows_agree(visit: Visit, new_name: NewName) -> None:
    name = new_name("tess")
    trader, watcher = visit(), visit()
    trader.register(name)
    watcher.sign_in(name)
    watcher.page.goto("/portfolio/")
    watcher.wait_until_live()
    expect(watcher.page.get_by_text("You own no shares yet")).to_be_visible()
    loads = watcher.loads
    open_market(trader.page, "Desert")
    order_ticket(trader.page, "Desert").get_by_role("button", name="25 %").click()
    take_any_price(order_ticket(trader.page, "Desert"))
    order_ticket(trader.page, "Desert").get_by_role("button", name="Buy Desert").click()
    expect(watcher.page.get_by_role("rowheader", name="Desert")).to_be_visible()
    expect(watcher.page.locator(".purse")).to_contain_text("750.00")
    assert watcher.loads == loads


def test_money_is_sent_and_is_there(visit: Visit, device: Device, new_name: NewName) -> None:
    sender, receiver = visit(device), visit()
    receiver.register(payee := new_name("bob"))
    receiver.wait_until_live()
    sender.register(new_name("tess"))
    page = sender.page
    page.goto("/transfer/")
    page.get_by_label("To").fill(payee)
    page.get_by_label("Amount").fill("12.5")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("987.50 BDT")).to_be_visible()
    page.get_by_role("button", name=f"Send 12.50 BDT to {payee}").click()
    expect(page.get_by_role("heading", name=f"12.50 BDT sent to {payee}")).to_be_visible()
    expect(receiver.page.locator(".purse")).to_contain_text("1,012.50")
