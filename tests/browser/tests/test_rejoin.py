"""Pages that were cut off, or came before the stream did, show current money and lists without a reload."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
from playwright.sync_api import Page, expect

from tests.browser.exchange import Exchange
from tests.browser.tests.conftest import NewName, Visit
from tests.browser.tests.test_trade_land import list_parcel
from tests.browser.visitor import PASSWORD, Visitor

#: How long the connection takes, in ms from an event of the window, to be given up.
GIVEN_UP_AFTER_MS = """(sign) => new Promise((resolve) => {
  const connection = document.getElementById("connection");
  const begun = performance.now();
  new MutationObserver(() => {
    if (connection.dataset.state === "reconnecting") resolve(performance.now() - begun);
  }).observe(connection, { attributes: true });
  dispatchEvent(new Event(sign));
})"""
HAS_TRADE_OR_NEWER = "(id) => Number(document.querySelector('#trades [data-trade]').dataset.trade) >= id"
HOURS_OFF = """(() => {
  const { now } = Date, Real = Date, offMs = 5 * 3_600_000;
  window.Date = class extends Real {
    constructor(...given) { super(...(given.length ? given : [now() + offMs])); }
    static now() { return now() + offMs; }
  };
})()"""


class Account:
    """A player's account used over the API, from another client."""

    def __init__(self, exchange: Exchange, name: str) -> None:
        self._url, self._token = f"{exchange.url}/api/v1", ""
        self._token = self._do("POST", "/auth/token", {"username": name, "password": PASSWORD})["access"]

    def send(self, to: str, amount: str) -> None:
        """Transfer money to another player."""
        self._do("POST", "/wallet/transfer", {"to": to, "amount": amount})

    def withdraw(self, listing: str) -> None:
        """Cancel a listing."""
        self._do("DELETE", f"/marketplace/listings/{listing}")

    def buy(self, biome: str, spend: str) -> None:
        """Buy shares."""
        self._do("POST", "/biome-market/buy", {"biome": biome, "spend": spend})

    def _do(self, method: str, path: str, content: dict[str, Any] | None = None) -> Any:
        headers = {"Idempotency-Key": str(uuid4())}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        with httpx.Client(timeout=30, trust_env=False, verify=False) as client:
            reply = client.request(method, f"{self._url}{path}", json=content, headers=headers)
        assert reply.is_success, reply.text
        return reply.json() if reply.content else None


def seller_and_friend(exchange: Exchange, visit: Visit, new_name: NewName) -> tuple[Visitor, Account, str, str]:
    """Return a player who listed a parcel, the account from elsewhere, the listing, and the name of another player."""
    visitor, name, friend = visit(), new_name("rose"), new_name("fred")
    other = visit()
    other.register(friend)
    for each in (visitor, other):
        each.forgive("WebSocket connection")
    visitor.register(name)
    return visitor, Account(exchange, name), list_parcel(visitor), friend


def test_what_happened_before_the_first_join(exchange: Exchange, visit: Visit, new_name: NewName) -> None:
    visitor, account, listing, friend = seller_and_friend(exchange, visit, new_name)
    exchange.stop("streams")
    pages = open_pages(visitor, listing, friend)
    happen(account, listing, friend)
    exchange.start("streams")
    see_what_happened(visitor, pages, listing)


def test_what_nobody_knows_any_more(exchange: Exchange, visit: Visit, new_name: NewName) -> None:
    visitor, account, listing, friend = seller_and_friend(exchange, visit, new_name)
    pages = open_pages(visitor, listing, friend)
    for page in pages.values():
        visitor.wait_until_live(page)
    exchange.stop("streams")
    happen(account, listing, friend)
    exchange.forget_events()
    exchange.start("streams")
    see_what_happened(visitor, pages, listing)


def open_pages(visitor: Visitor, listing: str, friend: str) -> dict[str, Page]:
    """Open every page with a list of the player's things or of things to buy."""
    paths = {
        "exchange": "/",
        "market": "/biome-market/ocean/",
        "portfolio": "/portfolio/",
        "transactions": "/transactions/",
        "transfer": "/transfer/",
        "marketplace": "/marketplace/?order=newest",
        "own": "/marketplace/own/?show=listings",
        "parcel": visitor.page.locator("a[href^='/land/']").first.get_attribute("href"),
        "listing": listing,
    }
    pages = {}
    for name, path in paths.items():
        pages[name] = visitor.context.new_page()
        pages[name].goto(str(path))
    id_ = listing.rstrip("/").rpartition("/")[2]
    expect(pages["marketplace"].locator(f"[data-listing='{id_}']")).to_be_visible()
    expect(pages["transactions"].locator("main")).not_to_contain_text(friend)
    expect(pages["parcel"].get_by_role("link", name="See the listing")).to_be_visible()
    return pages


def happen(account: Account, listing: str, friend: str) -> None:
    """Change the account elsewhere: money goes, a listing is withdrawn, shares come."""
    account.withdraw(listing.rstrip("/").rpartition("/")[2])
    account.buy("ocean", "10")
    account.send(friend, "123.45")


def see_what_happened(visitor: Visitor, pages: dict[str, Page], listing: str) -> None:
    id_ = listing.rstrip("/").rpartition("/")[2]
    balance = visitor.ask("wallet")["balance"]
    shares = visitor.ask("biome-market/portfolio")["holdings"][0]["shares"]
    for page in pages.values():
        expect(page.locator(".purse data")).to_have_attribute("value", balance)
    for name in ("portfolio", "transfer", "market"):
        expect(pages[name].locator("main [data-live='balance']").first).to_have_attribute("value", balance)
    expect(pages["exchange"].locator("tr[data-biome='ocean'] .held")).to_have_attribute("data-shares", shares)
    expect(pages["portfolio"].locator("tr[data-biome='ocean']")).to_have_attribute("data-shares", shares)
    expect(pages["market"].locator("[data-own='shares']")).to_have_attribute("value", shares)
    trade = visitor.ask("biome-market/transactions")["results"][0]["id"]
    pages["market"].wait_for_function(HAS_TRADE_OR_NEWER, arg=trade)
    expect(pages["transactions"].locator("#history-rows")).to_contain_text("123.45")
    expect(pages["marketplace"].locator(f"[data-listing='{id_}']")).to_be_hidden()
    expect(pages["own"].locator("#own")).to_contain_text("Cancelled")
    expect(pages["parcel"].get_by_role("link", name="See the listing")).to_be_hidden()
    expect(pages["parcel"].get_by_role("link", name="List this parcel")).to_be_visible()
    expect(pages["listing"].get_by_role("button", name="Yes, take it back")).to_be_hidden()


def test_a_connection_that_is_open_but_dead_is_dropped(exchange: Exchange, visit: Visit) -> None:
    visitor = visit()
    visitor.forgive("WebSocket connection")
    visitor.page.goto("/")
    visitor.wait_until_live()
    exchange.freeze("streams")
    try:
        expect(visitor.page.locator("#connection")).to_have_text("Stale")
        expect(visitor.page.locator("#connection")).to_have_text("Reconnecting")
    finally:
        exchange.thaw("streams")
    expect(visitor.page.locator("#connection")).to_have_text("Live")
    assert visitor.loads == 1


def test_who_wakes_up_asks_at_once(exchange: Exchange, visit: Visit) -> None:
    visitor = visit()
    visitor.forgive("WebSocket connection")
    visitor.page.goto("/")
    visitor.wait_until_live()
    exchange.freeze("streams")
    try:
        # Before its silence alone would have told, some seconds later.
        assert visitor.page.evaluate(GIVEN_UP_AFTER_MS, "online") < 5000
    finally:
        exchange.thaw("streams")
    expect(visitor.page.locator("#connection")).to_have_text("Live")


def test_the_devices_clock_is_not_asked(visit: Visit, new_name: NewName) -> None:
    seller, off, deaf = visit(), visit(), visit()
    seller.register(new_name("sella"))
    listing = list_parcel(seller)
    for visitor in (off, deaf):
        visitor.context.add_init_script(HOURS_OFF)
    deaf.page.route_web_socket("**/api/v1/ws", lambda _: None)
    for visitor in (seller, off, deaf):
        visitor.page.goto(listing)
    off.wait_until_live()
    for visitor in (off, deaf):
        # Two days are offered, and a minute of them is over at most.
        expect(visitor.page.locator("#deal [data-ends]").first).to_have_text(
            seller.page.locator("#deal [data-ends]").first.inner_text()
        )
        visitor.page.wait_for_timeout(1500)
        expect(visitor.page.locator("#deal [data-ends]").first).to_have_text(
            seller.page.locator("#deal [data-ends]").first.inner_text()
        )


def test_localhost_works_as_its_address_does(exchange: Exchange, visit: Visit, new_name: NewName) -> None:
    here = exchange.url.replace("127.0.0.1", "localhost")
    visitor, name, friend = visit(base_url=here), new_name("rose"), new_name("fred")
    visit().register(friend)
    visitor.register(name)
    visitor.wait_until_live()
    # What is private comes too: the socket is asked with the cookie of this name.
    Account(exchange, name).send(friend, "50")
    expect(visitor.page.locator(".purse")).to_contain_text("950.00")


def test_back_from_another_page(exchange: Exchange, visit: Visit, new_name: NewName) -> None:
    visitor, name = visit(), new_name("rose")
    visitor.register(name)
    listing = list_parcel(visitor)
    id_ = listing.rstrip("/").rpartition("/")[2]
    page = visitor.page
    page.goto("/marketplace/?order=newest")
    expect(page.locator(f"[data-listing='{id_}']")).to_be_visible()
    page.goto("/account/")
    Account(exchange, name).withdraw(id_)
    # Without the stream, the browser's copy of the page is all there would be.
    page.route_web_socket("**/api/v1/ws", lambda _: None)
    page.go_back()
    expect(page.locator(f"[data-listing='{id_}']")).to_be_hidden()


def test_who_is_signed_out_elsewhere_is_told(visit: Visit, new_name: NewName) -> None:
    visitor = visit()
    visitor.register(new_name("rose"))
    visitor.wait_until_live()
    other = visitor.context.new_page()
    other.goto("/account/")
    other.get_by_role("button", name="Sign out", exact=True).click()
    expect(visitor.page.locator("#notices")).to_contain_text("You were signed out here.")
