"""Buying and selling in the ticket of a market's page."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlencode

from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.orders import buy, open_market, order_ticket, sell, take_any_price
from tests.browser.tests.conftest import NewName, Visit
from tests.browser.visitor import CYCLE, PASSWORD, Device, Visitor

IN_SIGHT = """(button) => {
  const { top, bottom, left, width } = button.getBoundingClientRect();
  const here = document.elementFromPoint(left + width / 2, (top + bottom) / 2);
  return top >= 0 && bottom <= innerHeight && button.contains(here);
}"""
#: Any order moves the price far enough here to need a second word.
ALL_IS_LARGE = """document.addEventListener("readystatechange", () => {
  const quote = document.querySelector("#quote");
  if (quote) quote.dataset.largeBps = "0";
})"""
PLACE = "(element) => Math.round(element.getBoundingClientRect().top)"


def test_buy_then_sell_all(visit: Visit, device: Device, new_name: NewName) -> None:
    page = (visitor := visit(device)).page
    visitor.register(new_name("ada"))
    open_market(page, "Forest")
    loads = visitor.loads
    assert "for 100.00 BDT" in buy(page, "Forest", "100")
    expect(page.locator("#ticket-result")).to_be_focused()
    [bought] = visitor.ask("biome-market/transactions")["results"]
    assert bought["shares"] == visitor.ask("biome-market/portfolio")["holdings"][0]["shares"]
    ticket = order_ticket(page, "Forest")
    expect(ticket.get_by_role("definition").filter(has_text="900.00 BDT").first).to_be_visible()

    sell(page, "Forest", bought["shares"])
    sold, _ = visitor.ask("biome-market/transactions")["results"]
    assert (sold["side"], sold["shares"]) == ("sell", bought["shares"])
    [holding] = visitor.ask("biome-market/portfolio")["holdings"]
    assert holding["shares"] == "0.00"
    assert visitor.loads == loads


def test_a_double_click_trades_once(visit: Visit, new_name: NewName) -> None:
    page = (visitor := visit()).page
    visitor.register(new_name("ada"))
    open_market(page, "Beach")
    ticket = order_ticket(page, "Beach")
    ticket.get_by_role("textbox", name="Amount").fill("10")
    take_any_price(ticket)
    ticket.get_by_role("button", name="Buy Beach").dblclick()
    expect(ticket.get_by_role("heading", name="Bought")).to_be_visible()
    assert len(visitor.ask("biome-market/transactions")["results"]) == 1


def test_the_quote_follows_typing_and_ticks_without_asking(visit: Visit) -> None:
    page = (visitor := visit()).page
    open_market(page, "Snow")
    visitor.wait_until_live()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    ticket = order_ticket(page, "Snow")
    ticket.get_by_role("textbox", name="Amount").press_sequentially("50")
    expect(ticket.get_by_role("definition").filter(has_text="50.00 BDT")).to_be_visible()
    quotes = set()
    for _ in range(4):
        visitor.wait_for_events(CYCLE, 1)
        quotes.add(figure(ticket, "bought").inner_text())
    assert len(quotes) > 1
    ticket.get_by_text("Shares", exact=True).first.click()
    ticket.get_by_role("textbox", name="Amount").press_sequentially("2")
    expect(ticket.get_by_role("definition").filter(has_text="2.0000 shares")).to_be_visible()
    assert [url for url in asked if "/quote/" in url] == []


def test_amounts_are_read_as_they_are_typed(visit: Visit) -> None:
    page = visit().page
    open_market(page, "Snow")
    ticket = order_ticket(page, "Snow")
    amount = ticket.get_by_role("textbox", name="Amount")
    for typed, paid in (("0,5", "0.50 BDT"), ("1,000.50", "1,000.50 BDT"), ("1 000", "1,000.00 BDT")):
        amount.fill(typed)
        expect(figure(ticket, "paid").locator("..")).to_have_text(paid)
    amount.fill("1,500")
    expect(amount).to_have_accessible_description("1,500 can be read in two ways. Write 1500 or 1.500.")
    expect(figure(ticket, "paid")).to_have_text("\N{EN DASH}")


def test_too_little_money_is_said_while_typing(visit: Visit, new_name: NewName) -> None:
    page = (visitor := visit()).page
    visitor.register(new_name("ada"))
    open_market(page, "Ocean")
    ticket = order_ticket(page, "Ocean")
    amount, buy_it = ticket.get_by_role("textbox", name="Amount"), ticket.get_by_role("button", name="Buy Ocean")
    amount.fill("5000")
    expect(amount).to_have_accessible_description("The wallet does not hold enough BDT.")
    expect(buy_it).to_be_disabled()
    amount.fill("500")
    expect(amount).to_have_accessible_description("")
    expect(buy_it).to_be_enabled()
    assert visitor.ask("biome-market/transactions")["results"] == []


def test_the_button_stays_where_it_is(visit: Visit, device: Device, new_name: NewName) -> None:
    page = (visitor := visit(device)).page
    visitor.register(new_name("ada"))
    page.add_init_script(ALL_IS_LARGE)
    open_market(page, "Forest")
    ticket = order_ticket(page, "Forest")
    button = ticket.get_by_role("button", name="Buy Forest")
    ticket.get_by_role("textbox", name="Amount").click()
    place = button.evaluate(PLACE)
    ticket.get_by_role("textbox", name="Amount").press_sequentially("50")
    expect(ticket.get_by_text("This trade alone moves the price")).to_be_visible()
    expect(ticket.get_by_role("checkbox", name="I mean to move the price")).to_be_visible()
    assert (button.evaluate(IN_SIGHT), button.evaluate(PLACE)) == (True, place)
    ticket.get_by_role("checkbox", name="I mean to move the price").check()
    place = button.evaluate(PLACE)
    button.click()
    expect(ticket.get_by_role("heading", name="Bought")).to_be_in_viewport(ratio=1)
    assert (button.evaluate(IN_SIGHT), button.evaluate(PLACE)) == (True, place)


def test_when_the_price_moved_one_press_buys_at_the_new_one(visit: Visit, new_name: NewName) -> None:
    page = (visitor := visit()).page
    visitor.forgive("409")
    visitor.register(new_name("ada"))
    open_market(page, "Plains")
    ticket = order_ticket(page, "Plains")
    amount = ticket.get_by_role("textbox", name="Amount")
    amount.fill("20")
    page.route("**/plains/trade/", see_half_the_price, times=1)
    ticket.get_by_role("button", name="Buy Plains").click()
    expect(ticket.get_by_role("alert")).to_contain_text("The price moved further than you allow")
    expect(amount).to_have_value("20")
    ticket.get_by_role("button", name="Buy at the new price").click()
    expect(ticket.get_by_role("heading", name="Bought")).to_contain_text("for 20.00 BDT")


def test_words_of_a_refusal_go_when_the_inputs_change(visit: Visit, new_name: NewName) -> None:
    page = (visitor := visit()).page
    visitor.forgive("409")
    visitor.register(new_name("ada"))
    open_market(page, "Plains")
    ticket = order_ticket(page, "Plains")
    ticket.get_by_role("textbox", name="Amount").fill("20")
    page.route("**/plains/trade/", see_half_the_price, times=1)
    ticket.get_by_role("button", name="Buy Plains").click()
    expect(ticket.get_by_role("alert")).to_contain_text("The price moved further than you allow")
    ticket.get_by_text("10 %", exact=True).click()
    expect(ticket.get_by_text("The price moved further than you allow")).to_have_count(0)
    expect(ticket.get_by_role("button", name="Buy Plains")).to_be_visible()


def test_what_a_guest_typed_survives_joining_and_another_market(visit: Visit, new_name: NewName) -> None:
    page = (visitor := visit()).page
    open_market(page, "Snow")
    order_ticket(page, "Snow").get_by_role("textbox", name="Amount").fill("0,5")
    page.get_by_role("navigation", name="Markets").get_by_role("link", name="Beach").click()
    ticket = order_ticket(page, "Beach")
    expect(ticket.get_by_role("textbox", name="Amount")).to_have_value("0,5")
    ticket.get_by_text("10 %", exact=True).click()
    ticket.get_by_role("link", name="Join to trade").click()
    fill_in_account(visitor, new_name("ada"))
    expect(ticket.get_by_role("textbox", name="Amount")).to_have_value("0,5")
    expect(ticket.get_by_role("radio", name="10 %")).to_be_checked()
    ticket.get_by_role("button", name="Buy Beach").click()
    expect(ticket.get_by_role("heading", name="Bought")).to_contain_text("for 0.50 BDT")


def test_what_a_guest_typed_before_the_scripts_came_survives_joining(visit: Visit, new_name: NewName) -> None:
    page, held = (visitor := visit()).page, list[Route]()
    page.route(re.compile(r"/js/order_ticket[.\w]*\.js"), lambda route: held.append(route), times=1)
    page.goto("/biome-market/snow/", wait_until="commit")
    ticket = order_ticket(page, "Snow")
    ticket.get_by_role("textbox", name="Amount").fill("0.5")
    held.pop().continue_()
    expect(figure(ticket, "paid")).to_contain_text("0.50")
    ticket.get_by_role("link", name="Join to trade").click()
    fill_in_account(visitor, new_name("ada"))
    expect(page.get_by_role("link", name="Type an amount")).to_be_visible()
    ticket.get_by_role("button", name="Buy Snow").click()
    expect(ticket.get_by_role("heading", name="Bought")).to_contain_text("for 0.50 BDT")


def test_shares_are_sold_for_an_amount_of_bdt(visit: Visit, new_name: NewName) -> None:
    page = (visitor := visit()).page
    visitor.register(new_name("ada"))
    open_market(page, "Forest")
    buy(page, "Forest", "100")
    ticket = order_ticket(page, "Forest")
    ticket.get_by_text("Sell", exact=True).first.click()
    ticket.get_by_role("group", name="Amount in").get_by_text("BDT", exact=True).click()
    ticket.get_by_role("textbox", name="Amount").fill("20")
    expect(figure(ticket, "received").locator("..")).to_have_text("20.00 BDT")
    ticket.get_by_role("button", name="Sell Forest").click()
    expect(ticket.get_by_role("heading", name="Sold")).to_contain_text("for 20.00 BDT")
    ticket.get_by_role("textbox", name="Amount").fill("500")
    expect(ticket.get_by_role("textbox", name="Amount")).to_have_accessible_description(
        "Your shares here bring less than that."
    )
    expect(ticket.get_by_role("button", name="Sell Forest")).to_be_disabled()


def test_all_of_it_is_what_can_be_shown(visit: Visit, new_name: NewName) -> None:
    page = (visitor := visit()).page
    visitor.register(new_name("ada"))
    open_market(page, "Desert")
    buy(page, "Desert", "33.333333")
    ticket = order_ticket(page, "Desert")
    ticket.get_by_role("button", name="100 %").click()
    balance = visitor.ask("biome-market/portfolio")["balance"]
    filled = ticket.get_by_role("textbox", name="Amount").input_value()
    assert filled == f"{int(balance.replace('.', '').ljust(9, '0')[:-4]) / 100:.2f}" or balance.startswith(filled)
    assert "for " + f"{float(filled):.2f} BDT" in order_again(ticket, "Desert")


def figure(ticket: Locator, name: str) -> Locator:
    """Return a figure of the quote."""
    return ticket.locator(f'[data-figure="{name}"]')


def order_again(ticket: Locator, biome: str) -> str:
    """Send the order again unchanged, and return the ticket's message."""
    ticket.get_by_role("button", name=f"Buy {biome}").click()
    done = ticket.get_by_role("heading", name="Bought")
    expect(done).to_be_visible()
    return done.inner_text()


def fill_in_account(visitor: Visitor, name: str) -> None:
    """Register on the page that the visitor was redirected to."""
    page: Page = visitor.page
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("E-mail").fill(f"{name}@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Open the account").click()


def see_half_the_price(route: Route) -> None:
    """Send the order as if the price had doubled since it was pressed."""
    fields: dict[str, Any] = dict(parse_qsl(route.request.post_data or ""))
    fields["seen_cash_micro"] = int(fields["seen_cash_micro"]) // 2
    route.continue_(post_data=urlencode(fields))


def test_an_order_on_its_way_says_so_whatever_prices_do(visit: Visit, device: Device, new_name: NewName) -> None:
    page = (visitor := visit(device)).page
    visitor.register(new_name("sendy"))
    open_market(page, "Plains")
    visitor.wait_until_live()
    held: list[Route] = []
    page.route("**/trade/", lambda route: held.append(route))
    ticket = order_ticket(page, "Plains")
    ticket.get_by_role("textbox", name="Amount").fill("10")
    take_any_price(ticket)
    ticket.get_by_role("button", name="Buy Plains").click()

    sending = ticket.get_by_role("button", name="Sending…")
    for _ in range(3):
        expect(sending).to_be_disabled()
        visitor.wait_for_events(CYCLE, 1)
    expect(ticket.get_by_role("button", name="Buy Plains")).to_have_count(0)
    expect(page.locator("#announcer")).to_have_text("Sending the order")

    [route] = held
    route.continue_()
    expect(ticket.get_by_role("heading", name="Bought")).to_be_visible()
    expect(ticket.get_by_role("button", name="Buy Plains")).to_be_visible()


def test_the_ticket_says_that_the_own_look_lifts_the_price(visit: Visit, new_name: NewName) -> None:
    page = (visitor := visit()).page
    visitor.register(new_name("luca"))
    markets = visitor.ask("biome-market/markets")["markets"]
    rising = max(markets, key=lambda market: float(market["heading_price"]) / float(market["price"]))
    open_market(page, rising["biome"].title())
    ticket = order_ticket(page, rising["biome"].title())
    expect(ticket).to_contain_text("Your own look is lifting this price.")
    expect(ticket).to_contain_text(re.compile(r"At the present attention it is heading to [\d.,]+ BDT a share\."))

    # No look is given from a tab that nobody sees.
    page.evaluate("""() => {
      Object.defineProperty(document, "hidden", { value: true });
      Object.defineProperty(document, "visibilityState", { value: "hidden" });
      document.dispatchEvent(new Event("visibilitychange"));
    }""")
    expect(ticket).not_to_contain_text("Your own look is lifting this price.")


def test_the_quote_comes_though_what_reckons_it_is_late(visit: Visit, new_name: NewName) -> None:
    page = (visitor := visit()).page
    visitor.register(new_name("lena"))
    held: list[Route] = []
    page.route(re.compile(r"/js/order\."), lambda route: held.append(route))
    open_market(page, "Snow")
    assert held == []
    ticket = order_ticket(page, "Snow")
    ticket.get_by_role("textbox", name="Amount").fill("10")
    page.wait_for_timeout(300)
    [route] = held
    route.continue_()
    expect(ticket.locator('[data-figure="paid"]')).to_contain_text("10.00")
    expect(page.locator("#announcer")).to_have_text(re.compile(r"^10\.00 BDT buy [\d.,]+ shares$"))
