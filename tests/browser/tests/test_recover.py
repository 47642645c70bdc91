"""After servers end, crash, freeze and come back, open pages recover without a reload, and are right."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.exchange import Exchange
from tests.browser.orders import buy, open_market, order_ticket, take_any_price
from tests.browser.tests.conftest import NewName, Visit
from tests.browser.visitor import CYCLE, Device

#: What the page shows of every market is what the API says in the same moment; prices go on, so it is asked until then.
IS_RIGHT = """async () => {
  const { markets } = await (await fetch("/api/v1/biome-market/markets")).json();
  return markets.every(({ biome, price }) =>
    document.querySelector(`[data-biome="${biome}"] [data-live="price"]`).value === price);
}"""


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_the_streams_come_back(exchange: Exchange, visit: Visit, device: Device, how: str, new_name: NewName) -> None:
    visitor, trader = visit(device), visit()
    for each in (visitor, trader):
        each.forgive("WebSocket connection")
    page = visitor.page
    name = new_name("rose")
    visitor.register(name)
    visitor.wait_until_live()
    # The socket may be open before all of the page is there.
    page.wait_for_load_state()
    loads = visitor.loads
    getattr(exchange, how)("streams")
    expect(page.locator("#connection")).to_have_text("Reconnecting")
    # Meanwhile something happens that the page cannot hear of.
    trader.sign_in(name)
    open_market(trader.page, "Forest")
    buy(trader.page, "Forest", "100")
    exchange.start("streams")
    expect(page.locator("#connection")).to_have_text("Live")
    page.wait_for_function(IS_RIGHT, polling=100)
    expect(page.locator(".purse")).to_contain_text("900.00")
    assert visitor.loads == loads


def test_a_frozen_stream_is_said_to_be_stale(exchange: Exchange, visit: Visit) -> None:
    visitor = visit()
    visitor.page.goto("/")
    visitor.wait_until_live()
    exchange.freeze("streams")
    expect(visitor.page.locator("#connection")).to_have_text("Stale")
    exchange.thaw("streams")
    expect(visitor.page.locator("#connection")).to_have_text("Live")
    visitor.page.wait_for_function(IS_RIGHT, polling=100)
    assert visitor.loads == 1


def test_the_web_server_comes_back(exchange: Exchange, visit: Visit, new_name: NewName) -> None:
    page = (visitor := visit()).page
    visitor.forgive(r"net::ERR_|htmx:sendError|Failed to fetch|NetworkError")
    # Behind nginx, which says so itself.
    visitor.forgive(r": 503$|status of 503|Error Code 503")
    visitor.register(new_name("rose"))
    open_market(page, "Plains")
    visitor.wait_until_live()
    ticket = order_ticket(page, "Plains")
    exchange.stop("web")
    amount = ticket.get_by_role("textbox", name="Amount")
    amount.fill("10")
    take_any_price(ticket)
    ticket.get_by_role("button", name="Buy Plains").click()
    expect(ticket.get_by_role("alert")).to_contain_text("No answer came")
    expect(amount).to_have_value("10")
    # Prices go on, for the streams are another server.
    visitor.wait_for_events(CYCLE, 2)
    exchange.start("web")
    ticket.get_by_role("button", name="Buy Plains").click()
    expect(ticket.get_by_role("heading", name=re.compile("Bought .* for 10.00 BDT"))).to_be_visible()
    assert len(visitor.ask("biome-market/transactions")["results"]) == 1
