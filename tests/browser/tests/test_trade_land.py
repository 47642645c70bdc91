"""Land is sold from its seller to an auction's winner: listed, bid on by two players, outbid live, won, and
recorded.
"""

from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.exchange import Exchange
from tests.browser.tests.conftest import NewName, Visit
from tests.browser.tests.test_accessibility import faults_in_both_themes
from tests.browser.tests.test_layout import TOO_WIDE
from tests.browser.visitor import CYCLE, PASSWORD, Device, Visitor

#: Presses the button, and gives the price on the screen at that.
PRESS = """() => {
  const seen = document.getElementById("world-price").value;
  document.querySelector("#buy-form [type=submit]").click();
  return seen;
}"""
#: Below it, fields stand below each other.
PHONE_WIDTH = 640
TOP = "element => element.getBoundingClientRect().top"
#: Frames on the page that hide a part of their table at the side.
SCROLLED_SIDEWAYS = """() => [...document.querySelectorAll(".table-frame")]
  .filter((frame) => frame.scrollWidth > frame.clientWidth).map((frame) => frame.ariaLabel)"""


def seen_at_most(seen: str) -> Decimal:
    """Return the highest price within the usual tolerance of 20 %."""
    return Decimal(seen) * Decimal("1.2")


def test_an_auction(visit: Visit, device: Device, new_name: NewName, exchange: Exchange) -> None:
    seller, one, two = visit(), visit(device), visit()
    names = [new_name(name) for name in ("sella", "oona", "tova")]
    for visitor, name in zip((seller, one, two), names, strict=True):
        visitor.register(name)

    listing = list_parcel(seller)
    one.page.goto(listing)
    two.page.goto(listing)
    for visitor in (seller, one, two):
        visitor.wait_until_live()
    expect(one.page.get_by_text("Nobody has bid yet.")).to_be_visible()
    loads = [visitor.loads for visitor in (seller, one, two)]

    lead(one, two, seller, names)
    refuse_too_little(two)
    outbid(one, two)
    step_up(one)

    exchange.end_auction(int(listing.rstrip("/").rpartition("/")[2]))
    expect(deal(two)).to_contain_text("The parcel is yours.")
    expect(deal(one)).to_contain_text(f"{names[2]} bought it")
    expect(deal(seller)).to_contain_text(f"{names[2]} bought your parcel")
    assert [visitor.loads for visitor in (seller, one, two)] == loads

    for visitor, change in ((seller, "+218.50"), (two, "230.00")):
        visitor.page.goto("/transactions/")
        expect(visitor.page.get_by_role("row").filter(has_text="uction").first).to_contain_text(change)
    two.page.goto("/marketplace/own/")
    expect(two.page.get_by_role("link", name="List", exact=False).last).to_be_visible()


def lead(one: Visitor, two: Visitor, seller: Visitor, names: list[str]) -> None:
    """Let the first bid, which all see."""
    bid(one.page, "200")
    expect(deal(one)).to_contain_text("You lead.")
    expect(one.page.locator(".purse")).to_contain_text("800.00")
    # The other sees it, but not the maximum.
    expect(deal(two)).to_contain_text(f"{names[1]} leads")
    expect(two.page.get_by_role("region", name="Bids, a table").get_by_role("row")).to_have_count(2)
    expect(two.page.locator("main")).not_to_contain_text("200.00")
    expect(deal(seller)).to_contain_text("it cannot be changed or taken back any more")


def refuse_too_little(two: Visitor) -> None:
    """Let the second bid too little."""
    # What is too little is said beside the field, and stays there.
    two.forgive("409")
    bid(two.page, "60")
    expect(deal(two)).to_contain_text("Bid at least 60.90 BDT.")
    expect(two.page.get_by_label("Your maximum")).to_have_value("60")


def outbid(one: Visitor, two: Visitor) -> None:
    """Let the second lead while the first types."""
    one.page.get_by_label("Raise your maximum").fill("203.5")
    bid(two.page, "230")
    expect(deal(two)).to_contain_text("You lead.")
    expect(deal(one)).to_contain_text("You were outbid")
    expect(one.page.locator(".purse")).to_contain_text("1,000.00")
    expect(deal(one).locator(".figure")).to_contain_text("210.00")
    # What was being typed is still there.
    expect(one.page.get_by_label("Your maximum")).to_have_value("203.5")
    assert one.page.evaluate(TOO_WIDE) == []
    assert faults_in_both_themes(one.page) == []


def step_up(one: Visitor) -> None:
    """Let the first bid a step more, below the maximum of the second."""
    # A step above what is asked, by a click.
    one.page.get_by_label("Your maximum").fill("")
    one.page.get_by_role("button", name="+1 step").click()
    expect(one.page.get_by_label("Your maximum")).to_have_value("220.50")
    one.page.get_by_role("button", name="Bid", exact=True).click()
    expect(deal(one).locator(".figure")).to_contain_text("230.00")
    expect(deal(one)).to_contain_text("You were outbid")


def test_a_fixed_price(visit: Visit, device: Device, new_name: NewName) -> None:
    seller, buyer = visit(), visit(device)
    seller.register(new_name("sella"))
    buyer.register(new_name("bea"))
    listing = list_parcel(seller, auction=False)

    buyer.page.goto("/marketplace/?kind=fixed_price&order=newest")
    buyer.page.get_by_role("link", name="By the bay").first.click()
    expect(buyer.page).to_have_url(listing)
    # Twice in a moment: bought once.
    buyer.page.get_by_role("button", name="Buy for 58.00 BDT").dblclick()
    expect(deal(buyer)).to_contain_text("The parcel is yours.")
    expect(buyer.page.locator(".purse")).to_contain_text("942.00")
    expect(deal(seller)).to_contain_text("bought your parcel")


@pytest.mark.parametrize("tries", [5])
def test_parcels_are_bought_at_the_first_press(visit: Visit, device: Device, new_name: NewName, tries: int) -> None:
    visitor = visit(device)
    visitor.register(new_name("pia"))
    page, random = visitor.page, Random(1)
    lands = sorted(visitor.ask("marketplace/lands?unowned=true")["results"], key=lambda land: float(land["base_price"]))
    for land in lands[:tries]:
        page.goto(f"/land/{land['id']}/")
        visitor.wait_until_live()
        page.wait_for_timeout(random.uniform(200, 3_000))
        if (word := page.get_by_role("checkbox", name="I mean to spend")).is_visible():
            word.check()
        # The price on the screen at the press, and what comes of it.
        seen = page.evaluate(PRESS)
        expect(page.get_by_role("status")).to_contain_text("The parcel is yours.")
        sale, *_ = visitor.ask("marketplace/transactions/audit-trail")["results"]
        assert (sale["land"], Decimal(sale["amount"]) <= seen_at_most(seen)) == (land["id"], True)
        # Its history is whole, on a phone too.
        assert (page.evaluate(TOO_WIDE), page.evaluate(SCROLLED_SIDEWAYS)) == ([], [])


def test_the_price_of_a_parcel_follows_every_tick(visit: Visit, new_name: NewName) -> None:
    visitor = visit()
    visitor.register(new_name("tick"))
    [land, *_] = visitor.ask("marketplace/lands?unowned=true&biome=plains")["results"]
    page = visitor.page
    page.goto(f"/land/{land['id']}/")
    visitor.wait_until_live()
    shown = set()
    for _ in range(4):
        visitor.wait_for_events(CYCLE, 1)
        shown.add(page.locator("#world-price").get_attribute("value"))
    assert len(shown) > 2
    expect(page.locator("#own-look")).to_contain_text("Your own look is lifting this price")
    # What is in the form is what is on the screen.
    micro = "([id, name]) => [document.getElementById(id).value, document.querySelector(`[name=${name}]`).value]"
    price, seen = page.evaluate(micro, ["world-price", "seen_micro"])
    assert Decimal(price) * 1_000_000 == Decimal(seen)


def test_what_a_guest_typed_survives_joining(visit: Visit, device: Device, new_name: NewName) -> None:
    seller, guest = visit(), visit(device)
    seller.register(new_name("sella"))
    guest.page.goto(list_parcel(seller))
    guest.page.get_by_role("textbox", name="Your maximum").fill("77,50")
    guest.page.get_by_role("link", name="Join to bid").click()
    name = new_name("gail")
    for field, text in (("Name", name), ("E-mail", f"{name}@example.com"), ("Password", PASSWORD)):
        guest.page.get_by_label(field, exact=True).fill(text)
    guest.page.get_by_role("button", name="Open the account").click()
    most, button = (
        guest.page.get_by_role("textbox", name="maximum"),
        guest.page.get_by_role("button", name="Bid", exact=True),
    )
    expect(most).to_have_value("77,50")

    # Too little is said before anything is sent; what was refused is forgotten with what it was about.
    most.fill("2000")
    expect(button).to_be_disabled()
    expect(deal(guest)).to_contain_text("1,000.00 too little")
    guest.forgive("409")
    most.fill("1")
    button.click()
    expect(deal(guest)).to_contain_text("Bid at least 58.00 BDT.")
    most.fill("77,50")
    expect(guest.page.locator("#id_max_error")).to_be_empty()
    button.click()
    expect(deal(guest)).to_contain_text("You lead.")


def deal(visitor: Visitor) -> Locator:
    """Return the part of a listing's page with its price and the visitor's position."""
    return visitor.page.locator("#deal")


def list_parcel(seller: Visitor, *, auction: bool = True, title: str = "By the bay") -> str:
    """Buy a parcel from the world on its page, offer it from 58 BDT on, and return the listing's address."""
    page = seller.page
    cheapest = min(seller.ask("marketplace/lands?unowned=true")["results"], key=lambda land: float(land["base_price"]))
    page.goto(f"/land/{cheapest['id']}/")
    buy = page.get_by_role("button", name="Buy this parcel")
    offer = page.get_by_role("link", name="List this parcel")
    # The price follows the market, twice a second; the order carries the newest.
    page.get_by_label("Any", exact=True).check()
    if (word := page.get_by_role("checkbox", name="I mean to spend")).is_visible():
        word.check()
    buy.click()
    offer.click()
    expect(page.get_by_role("heading", name="List a parcel")).to_be_visible()
    # Without its styles the form shows the fields of both kinds.
    page.wait_for_load_state()
    if auction:
        page.get_by_text("Auction", exact=True).click()
        if (page.viewport_size or {"width": 0})["width"] > PHONE_WIDTH:
            tops = [page.get_by_role("textbox", name=name).evaluate(TOP) for name in ("Reserve", "Buy-now")]
            assert tops[0] == tops[1]
    page.get_by_role("textbox", name="tarting price" if auction else "Price").fill("58")
    page.get_by_role("textbox", name="Title").fill(title)
    assert faults_in_both_themes(page) == []
    page.get_by_role("button", name="List it").click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    return page.url


def bid(page: Page, most: str) -> None:
    page.get_by_role("textbox", name="maximum").fill(most)
    page.get_by_role("button", name="Bid", exact=True).click()
