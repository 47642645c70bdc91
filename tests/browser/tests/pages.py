"""Every page of the site for visitors."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.visitor import Visitor

#: Who has an account sees these; `{transaction}` is the number of one of the player's own.
OF_PLAYERS = (
    "/",
    "/biome-market/ocean/",
    "/portfolio/",
    "/transactions/",
    "/transactions/{transaction}/",
    "/marketplace/",
    "/marketplace/own/",
    "/marketplace/own/?show=bids",
    "/leaderboard/",
    "/map/",
    "/transfer/",
    "/account/",
    "/account/tokens/",
    "/no-such-page/",
)
OF_GUESTS = (
    "/",
    "/biome-market/ocean/",
    "/leaderboard/",
    "/marketplace/",
    "/map/",
    "/register/",
    "/sign-in/",
    "/password-reset/",
    "/no-such-page/",
)


def open_page(visitor: Visitor, path: str, page: Page | None = None) -> Page:
    """Go to a page, in the visitor's only tab or in another, and wait until it is live."""
    page = page or visitor.page
    visitor.forgive("no-such-page|404")
    if "{transaction}" in path:
        newest, *_ = visitor.ask("biome-market/transactions")["results"]
        path = path.format(transaction=newest["id"])
    page.goto(path)
    visitor.wait_until_live(page)
    return page
