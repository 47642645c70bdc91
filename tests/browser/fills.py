"""The rate of orders that fill at the first press: `python -m tests.browser.fills [--buys N] [--parcels N] [--seed N]`.

On an exchange of its own at default settings, with the crowd on: a player opens a market's page, types an amount and
presses at a random moment, the first ones right after the page has come. The same for parcels of the world. Prints
how many filled, what refused the others, and the worst price paid beside the one on the screen at the press; exits
with 1 where fewer than 99 of 100 filled, or any was worse than the tolerance.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from playwright.sync_api import Locator, Page, sync_playwright

from tests.browser.exchange import running_exchange
from tests.browser.orders import open_market, order_ticket
from tests.browser.visitor import Visitor, launch

BIOMES = ("Ocean", "Beach", "Plains", "Forest", "Desert", "Mountain", "Snow")
AMOUNT = "50"
#: What a player's first top-up lasts for.
BUYS_A_PLAYER = 15
PARCELS_A_PLAYER = 4
#: A hurried player presses at once, another 1.2 s after typing, the others whenever.
WAITS_MS = (0, 1200)
LONGEST_WAIT_MS = 4000
ENOUGH = Decimal("0.99")

#: The price on the screen, remembered at the very press, before anything else hears of it; the page may go with it.
REMEMBER_PRICE = """(price) => addEventListener("click", ({ target }) => {
  if (target.closest('button[type="submit"]')) {
    sessionStorage.setItem("priceAtPress", document.querySelector(price).value);
  }
}, { capture: true })"""
PRICE_AT_PRESS = "() => sessionStorage.getItem('priceAtPress')"
PRICE_OF_SHARES, PRICE_OF_PARCEL = '[data-live="price"]', "#world-price"


@dataclass(slots=True)
class Count:
    """The results of the presses of one kind. `worst` is the highest price paid, as a part of the one on the screen."""

    name: str
    presses: int = 0
    fills: int = 0
    worst: Decimal = Decimal(0)
    most: Decimal = Decimal(0)
    refusals: Counter[str] = field(default_factory=Counter)

    def filled(self, paid: Decimal, on_screen: Decimal, tolerance: Decimal) -> None:
        """Count a fill at the first press."""
        self.presses += 1
        self.fills += 1
        self.worst = max(self.worst, paid / on_screen)
        self.most = 1 + tolerance / 100

    def refused(self, codes: list[str]) -> None:
        """Count a press that did not fill."""
        self.presses += 1
        self.refusals.update(codes or ["no answer"])

    @property
    def is_enough(self) -> bool:
        """Return whether enough presses filled, and none at a price worse than the tolerance."""
        return self.fills >= self.presses * ENOUGH and self.worst <= self.most

    def __str__(self) -> str:
        """Return the count in a line."""
        refused = ", ".join(f"{code} {times}" for code, times in self.refusals.items()) or "none"
        return (
            f"{self.name}: {self.fills} of {self.presses} filled at the first press; refused: {refused}; worst price "
            f"{100 * (self.worst - 1):+.2f} % of the one on the screen, allowed {100 * (self.most - 1):+.2f} %"
        )


def main() -> int:
    """Press, print the counts, and return the exit code."""
    parser = argparse.ArgumentParser(prog="fills", description="Count the orders that fill at the first press.")
    parser.add_argument("--buys", type=int, default=100, help="how many buys of shares (default 100)")
    parser.add_argument("--parcels", type=int, default=20, help="how many parcels from the world (default 20)")
    parser.add_argument("--seed", type=int, default=10, help="of the random moments (default 10)")
    arguments = parser.parse_args()
    rng = Random(arguments.seed)  # no secret
    with running_exchange() as exchange, sync_playwright() as playwright, launch(playwright) as browser:
        players = (
            registered(Visitor.of(browser, exchange.url), f"filler-{arguments.seed}-{number}") for number in range(1000)
        )
        counts = [_told(buy_often(players, rng, arguments.buys)), _told(buy_parcels(players, rng, arguments.parcels))]
    return 0 if all(count.is_enough for count in counts) else 1


def _told(count: Count) -> Count:
    """Print the count at once, and return it."""
    sys.stdout.write(f"{count}\n")
    sys.stdout.flush()
    return count


def registered(visitor: Visitor, name: str) -> Visitor:
    """Register the visitor, and return it."""
    visitor.register(name)
    return visitor


def buy_often(players: Iterator[Visitor], rng: Random, times: int) -> Count:
    """Buy shares so often, each time on a newly opened page. A new player registers for every few buys."""
    count = Count(f"{times} buys of {AMOUNT} BDT")
    player = None
    for number in range(times):
        if player is None or number % BUYS_A_PLAYER == 0:
            player = _next(players, player)
        _buy(player.page, rng, count)
    return count


def buy_parcels(players: Iterator[Visitor], rng: Random, times: int) -> Count:
    """Buy parcels from the world so often, each on its page."""
    count = Count(f"{times} parcels")
    player = None
    for number in range(times):
        if player is None or number % PARCELS_A_PLAYER == 0:
            player = _next(players, player)
        _buy_parcel(player, rng, count)
    return count


def _next(players: Iterator[Visitor], before: Visitor | None) -> Visitor:
    if before is not None:
        before.leave()
    return next(players)


def _buy(page: Page, rng: Random, count: Count) -> None:
    biome = rng.choice(BIOMES)
    open_market(page, biome)
    page.evaluate(REMEMBER_PRICE, PRICE_OF_SHARES)
    ticket = order_ticket(page, biome)
    ticket.get_by_role("textbox", name="Amount").fill(AMOUNT)
    page.wait_for_timeout(_wait_ms(rng))
    tolerance = _tolerance(ticket)
    ticket.get_by_role("button", name=f"Buy {biome}").click()
    result, refusal = ticket.locator("#ticket-result"), ticket.locator("[data-code]")
    result.or_(refusal).first.wait_for()
    if not result.count():
        return count.refused(_codes(refusal))
    paid = result.get_by_role("definition").first.locator("data").get_attribute("value")
    return count.filled(Decimal(paid or 0), Decimal(page.evaluate(PRICE_AT_PRESS)), tolerance)


def _buy_parcel(player: Visitor, rng: Random, count: Count) -> None:
    page = player.page
    free = player.ask("marketplace/lands?unowned=true&limit=50")["results"]
    land = rng.choice(sorted(free, key=lambda each: Decimal(each["base_price"]))[: len(free) // 2])
    page.goto(f"/land/{land['id']}/")
    page.evaluate(REMEMBER_PRICE, PRICE_OF_PARCEL)
    ticket = page.get_by_role("region", name="Buy from the world")
    tolerance = _tolerance(ticket)
    before = Decimal(player.ask("biome-market/portfolio")["balance"])
    page.wait_for_timeout(_wait_ms(rng))
    if (word := ticket.get_by_role("checkbox")).is_visible():
        word.check()
    ticket.get_by_role("button", name="Buy this parcel").click()
    done, refusal = page.get_by_role("link", name="List this parcel"), ticket.locator("[data-code]")
    done.or_(refusal).first.wait_for()
    if not done.is_visible():
        return count.refused(_codes(refusal))
    paid = before - Decimal(player.ask("biome-market/portfolio")["balance"])
    return count.filled(paid, Decimal(page.evaluate(PRICE_AT_PRESS)), tolerance)


def _tolerance(ticket: Locator) -> Decimal:
    return Decimal(ticket.locator('[name="tolerance"]:checked').input_value())


def _codes(refusals: Locator) -> list[str]:
    return [refusal.get_attribute("data-code") or "" for refusal in refusals.all()]


def _wait_ms(rng: Random) -> int:
    return rng.choice([*WAITS_MS, rng.randrange(LONGEST_WAIT_MS)])


if __name__ == "__main__":
    sys.exit(main())
