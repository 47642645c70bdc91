"""The worth stays one number on the page, whatever moves: prices, parcels and money."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal

from playwright.sync_api import Page, expect

from tests.browser.orders import buy, open_market
from tests.browser.tests.conftest import NewName, Visit
from tests.browser.tests.test_layout import TOO_WIDE
from tests.browser.visitor import Device, Visitor

# All in one turn of the page, so that no price comes between.
TOLD = """() => {
  const exact = (selector) => document.querySelector(selector).title.split(" ")[0];
  const parts = [...document.querySelectorAll(".allocation data")].map((part) => part.value);
  const fields = ["balance", "held"].map((name) => document.querySelector(`#owned [data-live=${name}]`).value);
  return {
    worth: exact('[data-total="worth"] data'),
    parts,
    sum: [...fields, exact('[data-total="shares"] data'), exact('[data-total="land"] data')],
  };
}"""

#: What the caption says, and how high the line is at each of its points, the last of them now.
CAPTION = """() => {
  const words = document.getElementById("worth-caption").textContent.replaceAll(",", "");
  const [, begin, lowest, highest] = words.match(/began at (.+) BDT; the lowest was (.+) the highest (.+)\\. Times/);
  const points = JSON.parse(document.getElementById("worth-points").textContent).map(([, height]) => height);
  const now = document.querySelector('[data-total="worth"] data').value;
  return {
    line: [...points.slice(0, -1), now],
    begin, lowest, highest,
  };
}"""

#: A player's worth is recorded once a minute, and the page looks each ten seconds whether it was.
LINE_BEGINS_WITHIN_MS = 90_000


def test_land_counts_and_stays_counted(visit: Visit, device: Device, new_name: NewName) -> None:
    owner, window = visit(device), visit()
    owner.register(name := new_name("ola"))
    window.sign_in(name)
    page = owner.page
    page.goto("/portfolio/")
    owner.wait_until_live()
    expect(page.get_by_text("You own no shares yet")).to_be_visible()
    loads = owner.loads

    buy_parcel(window)

    # In the other window, without a load.
    expect(page.get_by_text("You own land, but no shares")).to_be_visible()
    expect(page.get_by_role("term").filter(has_text="Gain by land")).to_be_visible()
    owner.wait_for_events("biome_market_update", 3)
    told = page.evaluate(TOLD)
    worth = Decimal(told["worth"])
    assert worth > Decimal("900") + min(map(Decimal, told["parts"]))
    assert sum(map(Decimal, told["parts"])) == sum(map(Decimal, told["sum"])) == worth
    assert page.evaluate(TOO_WIDE) == []
    assert owner.loads == loads


def test_the_pages_numbers_are_the_servers(visit: Visit, new_name: NewName) -> None:
    """Compare the page with the API until no cycle came between, as prices move twice a second."""
    owner = visit()
    owner.register(new_name("ola"))
    buy_parcel(owner)
    owner.page.goto("/portfolio/")
    owner.wait_until_live()

    assert until(lambda: same(owner.page), tries=40)


def test_the_caption_of_the_line_is_true_at_every_tick(visit: Visit, new_name: NewName) -> None:
    owner = visit()
    owner.register(new_name("cara"))
    open_market(owner.page, "Ocean")
    buy(owner.page, "Ocean", "900")
    page = owner.page
    page.goto("/portfolio/")
    page.locator("#worth-points").wait_for(state="attached", timeout=LINE_BEGINS_WITHIN_MS)
    # What is read is not fetched anew.
    page.get_by_text("Values as a table").click()
    owner.wait_until_live()

    seen = set()
    for _ in range(12):
        told = page.evaluate(CAPTION)
        assert told["lowest"] == shown(min(map(Decimal, told["line"])))
        assert told["highest"] == shown(max(map(Decimal, told["line"])))
        seen.add((told["lowest"], told["highest"]))
        owner.wait_for_events("biome_market_update", 1)
    assert len(seen) > 1


def test_the_caption_counts_what_came_at_once(visit: Visit, new_name: NewName) -> None:
    owner, friend = visit(), visit()
    owner.register(name := new_name("cora"))
    friend.register(new_name("finn"))
    page = owner.page
    page.goto("/portfolio/")
    page.locator("#worth-points").wait_for(state="attached", timeout=LINE_BEGINS_WITHIN_MS)
    page.get_by_text("Values as a table").click()
    owner.wait_until_live()
    begun = page.evaluate(CAPTION)["begin"]
    expect(page.get_by_text("Money and land that came or went")).to_be_hidden()

    friend.page.goto("/transfer/")
    friend.page.get_by_label("To").fill(name)
    friend.page.get_by_label("Amount").fill("12.5")
    friend.page.get_by_role("button", name="Continue").click()
    friend.page.get_by_role("button", name="Send 12.50 BDT").click()

    expect(page.get_by_text("Money and land that came or went")).to_contain_text("+12.50 BDT in all")
    assert Decimal(page.evaluate(CAPTION)["begin"]) == Decimal(begun) + Decimal("12.50")


def shown(amount: Decimal) -> str:
    """Return an amount as pages show it, without the commas."""
    return str(amount.quantize(Decimal("0.01"), ROUND_HALF_EVEN))


def same(page: Page) -> bool:
    """Return whether the API's worth equals the one on the page just before or after the request."""
    before = page.evaluate(TOLD)["worth"]
    asked = page.context.request.get("/api/v1/biome-market/portfolio").json()["worth"]
    return bool(asked == before or asked == page.evaluate(TOLD)["worth"])


def until(holds: Callable[[], bool], *, tries: int) -> bool:
    """Return whether the condition holds in one of the tries."""
    return any(holds() for _ in range(tries))


def buy_parcel(buyer: Visitor) -> None:
    """Buy the cheapest parcel of the world on its page; retry at the new price where it moved meanwhile."""
    parcels = buyer.ask("marketplace/lands?unowned=true")["results"]
    cheapest = min(parcels, key=lambda land: float(land["base_price"]))
    buyer.page.goto(f"/land/{cheapest['id']}/")
    buyer.forgive("409")
    buy = buyer.page.get_by_role("button", name="Buy this parcel")
    offer = buyer.page.get_by_role("link", name="List this parcel")
    while not offer.is_visible():
        buy.click()
        expect(offer.or_(buy)).to_be_visible()
