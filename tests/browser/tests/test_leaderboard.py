"""Players who trade have a place on the leaderboard."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.orders import buy, open_market
from tests.browser.tests.conftest import NewName, Visit
from tests.browser.visitor import Device

#: The places are reckoned anew every two seconds here; a look takes some tenths of one.
MOST_LOOKS = 100


def test_a_trade_earns_a_place(visit: Visit, device: Device, new_name: NewName) -> None:
    name = new_name("lea")
    page = (visitor := visit(device)).page
    visitor.register(name)
    page.goto("/leaderboard/")
    expect(page.get_by_text("You have no place here yet")).to_be_visible()
    open_market(page, "Ocean")
    buy(page, "Ocean", "100")

    page.get_by_role("link", name="Leaderboard").click()
    page.get_by_role("link", name="Volume").click()
    expect(page.get_by_role("link", name="Volume")).to_have_attribute("aria-current", "page")
    own = page.get_by_role("row").filter(has_text=name)
    for _ in range(MOST_LOOKS):
        if own.is_visible():
            break
        page.reload()
    [bought] = visitor.ask("biome-market/transactions")["results"]
    expect(own).to_contain_text("you")
    expect(own.locator(".of-volume data")).to_have_attribute("value", bought["traded"])
