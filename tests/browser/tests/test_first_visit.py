"""A first visit: watch, register, buy, see the portfolio change, sell, look it up, leave."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.orders import order, order_ticket
from tests.browser.tests.conftest import NewName, Visit
from tests.browser.visitor import PASSWORD, Device


def test_the_first_steps_end_in_a_trade(visit: Visit, device: Device, new_name: NewName) -> None:
    page = (visitor := visit(device)).page
    page.goto("/")
    page.get_by_role("region", name="First steps").get_by_role("link", name="Look at").click()
    biome = page.get_by_role("heading", level=1).inner_text()
    steps = page.get_by_role("navigation", name="First steps")
    steps.get_by_role("link", name="Join and buy").click()
    name = new_name("eve")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("E-mail").fill(f"{name}@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Open the account").click()

    expect(order_ticket(page, biome).get_by_role("textbox", name="Amount")).to_have_value("20")
    expect(steps.get_by_role("link", name="Buy for 20 BDT")).to_have_attribute("aria-current", "step")
    assert "for 20.00 BDT" in order(page, biome, "Buy")
    expect(steps.get_by_role("link", name="Its worth")).to_have_attribute("aria-current", "step")
    steps.get_by_role("link", name="Its worth").click()
    expect(page.get_by_role("rowheader", name=biome)).to_be_visible()
    steps.get_by_role("button", name="Skip the first steps").click()
    expect(steps).to_be_hidden()

    page.get_by_role("link", name="Exchange", exact=True).click()
    expect(page.get_by_role("region", name="First steps").get_by_role("list")).to_be_hidden()
    page.get_by_role("contentinfo").get_by_role("link", name="First steps").click()
    expect(page.get_by_role("region", name="First steps").get_by_role("listitem")).to_have_count(3)
    visitor.wait_until_live()


def test_a_first_visit(visit: Visit, device: Device, new_name: NewName) -> None:
    name = new_name("ada")
    page = (visitor := visit(device)).page

    page.goto("/")
    ocean = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Ocean"))
    price = ocean.locator('[data-live="price"]')
    expect(price).not_to_have_text(price.inner_text())
    assert visitor.loads == 1

    page.get_by_role("region", name="First steps").get_by_role("link", name="Join").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("E-mail").fill(f"{name}@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Open the account").click()
    expect(page.get_by_role("status")).to_contain_text("1,000.00 BDT")
    biome = page.get_by_role("heading", level=1).inner_text()
    order_ticket(page, biome).get_by_role("textbox", name="Amount").fill("100")
    assert "for 100.00 BDT" in order(page, biome, "Buy")

    page.get_by_role("link", name="Portfolio").click()
    holding = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=biome))
    [held] = visitor.ask("biome-market/portfolio")["holdings"]
    expect(holding.get_by_title(f"{held['shares']} shares")).to_be_visible()
    expect(page.get_by_role("region", name="Money and gains")).to_contain_text("900.00 BDT")
    value, loads = holding.locator('[data-owned="value"]'), visitor.loads
    expect(value).not_to_have_text(value.inner_text())
    assert visitor.loads == loads

    holding.get_by_role("link", name="Sell").click()
    expect(order_ticket(page, biome).get_by_role("textbox", name="Amount")).to_have_value(held["shares"])
    assert "Sold" in order(page, biome, "Sell")
    page.get_by_role("link", name="Portfolio").click()
    expect(page.get_by_text("You hold no shares right now")).to_be_visible()

    page.get_by_role("link", name="Transactions").click()
    listed = page.get_by_role("table").locator("tbody").get_by_role("row")
    expect(listed).to_have_count(3)
    page.get_by_label("Kind").select_option("Sold")
    expect(listed).to_have_count(1)
    expect(listed).to_contain_text("Sold")
    page.reload()
    expect(listed).to_have_count(1)
    page.get_by_role("link", name="Clear").click()
    expect(listed).to_have_count(3)

    page.get_by_role("link", name=f"Account of {name}").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("You are signed out.")
