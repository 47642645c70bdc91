"""Placing orders as a player does, in the ticket of a market's page."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


def open_market(page: Page, biome: str) -> None:
    """Go to a market's page."""
    page.goto(f"/biome-market/{biome.lower()}/")
    expect(page.get_by_role("heading", name=biome, level=1)).to_be_visible()


def order_ticket(page: Page, biome: str) -> Locator:
    """Return the order ticket of the market's page."""
    return page.get_by_role("region", name=f"Trade {biome}")


def buy(page: Page, biome: str, amount: str) -> str:
    """Buy for an amount of BDT on the market's page. Returns the ticket's message."""
    order_ticket(page, biome).get_by_role("textbox", name="Amount").fill(amount)
    return order(page, biome, "Buy")


def sell(page: Page, biome: str, shares: str) -> str:
    """Sell a number of shares on the market's page. Returns the ticket's message."""
    order_ticket(page, biome).get_by_text("Sell", exact=True).first.click()
    order_ticket(page, biome).get_by_role("textbox", name="Amount").fill(shares)
    return order(page, biome, "Sell")


def take_any_price(ticket: Locator) -> None:
    """Set no limit, as the crowd moves prices by some percent a second and the test needs the trade."""
    ticket.get_by_text("Any", exact=True).click()


def order(page: Page, biome: str, side: str) -> str:
    """Send the order that the ticket is filled in with. Returns the ticket's message."""
    ticket = order_ticket(page, biome)
    take_any_price(ticket)
    ticket.get_by_role("button", name=f"{side} {biome}").click()
    done = ticket.get_by_role("heading", name={"Buy": "Bought", "Sell": "Sold"}[side])
    expect(done).to_be_visible()
    return done.inner_text()
