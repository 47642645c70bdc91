"""Players' texts, of any length and script, widen no page and turn no sentence around."""

from __future__ import annotations

import unicodedata

import pytest
from playwright.sync_api import Page, expect

from tests.browser.tests.conftest import Visit
from tests.browser.tests.test_layout import TOO_WIDE
from tests.browser.tests.test_trade_land import bid, deal, list_parcel
from tests.browser.visitor import DESKTOP, PASSWORD, PHONE, Device, Visitor

LATIN, ARABIC = "W" * 150, "م" * 150
#: A title without a space, with letters below and above each other, and one that would turn what follows around.
MARKS, TURNED = unicodedata.normalize("NFKC", "e\u0301\u0323\u0302" * 18), "ש" * 70
#: Where a player's words stand in a sentence of the page without a box of their own.
LOOSE = """(written) => {
  const found = [];
  const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { textContent, parentElement } = texts.currentNode;
    if (!written.some((words) => textContent.includes(words.slice(0, 20)))) continue;
    if (parentElement.closest("script, template, textarea")) continue;
    const box = parentElement.closest("bdi, [dir=auto]");
    const isIsolated = box && getComputedStyle(box).unicodeBidi.includes("isolate");
    if (!isIsolated) found.push(parentElement.outerHTML.slice(0, 200));
  }
  return found;
}"""


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_no_name_widens_or_turns_a_page(visit: Visit, size: Device) -> None:
    tag = "P" if size is PHONE else "D"
    names = [tag + LATIN[1:], ARABIC[1:] + tag]
    seller, buyer = visit(size), visit(size)
    for number, (visitor, name) in enumerate(zip((seller, buyer), names, strict=True)):
        register(visitor, name, f"long{number}{tag}@example.com")
    seller.page.goto("/account/")
    seller.page.get_by_label("Display name").fill(TURNED[:40])
    listing = list_parcel(seller, title=MARKS + TURNED[:8])
    land = int(seller.ask("marketplace/listings")["results"][0]["land"])
    buyer.page.goto(listing)
    bid(buyer.page, "100")
    expect(deal(buyer)).to_contain_text("You lead.")
    send(buyer, names[0], TURNED)
    shown = [*names, MARKS, TURNED]
    places = (
        "/map/",
        "/map/lands/",
        "/marketplace/",
        "/marketplace/own/",
        "/marketplace/own/?show=bids",
        "/portfolio/",
    )
    paths = (*places, "/transactions/", "/account/", "/transfer/", "/", "/leaderboard/")
    for visitor in (seller, buyer):
        visitor.page.goto("/transactions/")
        newest = visitor.page.locator("a[id^=transaction-]").first.get_attribute("href")
        for path in (*paths, f"/land/{land}/", listing, str(newest)):
            assert faults(visitor.page, path, shown) == ([], []), path


def faults(page: Page, path: str, shown: list[str]) -> tuple[object, object]:
    """Return the elements that are too wide on a page, and the players' words outside of their boxes."""
    page.goto(path)
    return page.evaluate(TOO_WIDE), page.evaluate(LOOSE, shown)


def register(visitor: Visitor, name: str, email: str) -> None:
    page = visitor.page
    page.goto("/register/")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Open the account").click()
    page.get_by_role("link", name=f"Account of {name}").wait_for()
    # What greets a newcomer calls the player by name.
    assert (page.evaluate(TOO_WIDE), page.evaluate(LOOSE, [name])) == ([], [])


def send(visitor: Visitor, name: str, note: str) -> None:
    page = visitor.page
    page.goto("/transfer/")
    page.get_by_label("To").fill(name)
    page.get_by_label("Amount").fill("5")
    page.get_by_label("Note").fill(note)
    for button in ("Continue", "Send 5.00 BDT"):
        page.get_by_role("button", name=button).click()
        page.get_by_role("heading", name="Is this right?" if button == "Continue" else "sent to").wait_for()
        assert (page.evaluate(TOO_WIDE), page.evaluate(LOOSE, [name, note])) == ([], [])
