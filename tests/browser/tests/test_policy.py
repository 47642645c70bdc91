"""Pages made by other libraries keep the content policy too: a violation shows in the browser's console."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.exchange import Exchange
from tests.browser.tests.conftest import NewName, Visit
from tests.browser.visitor import PASSWORD

OF_ADMINISTRATORS = (
    "/admin/",
    "/admin/accounts/user/",
    "/admin/accounts/user/add/",
    "/admin/markets/economicsettings/",
    "/admin/trading/transaction/",
    "/admin/trading/wallet/",
    "/admin/marketplace/land/",
    "/admin/marketplace/listing/",
    "/admin/admin/logentry/",
    "/admin/second-factor/set-up/",
    "/admin/password_change/",
)


def test_the_documentation_of_the_api(visit: Visit) -> None:
    page = visit().page
    page.goto("/api/docs/")
    expect(page.locator(".opblock-summary-path", has_text="quote").first).to_be_visible()


def test_the_reference_of_the_api(visit: Visit) -> None:
    visitor = visit()
    # Its maker's mark, which our policy does not fetch.
    visitor.forgive("cdn.redoc.ly")
    page = visitor.page
    page.goto("/api/docs/")
    page.get_by_role("link", name="as one page to read").click()
    expect(page.get_by_role("heading", name="Buy shares").first).to_be_visible()


def test_the_administration(visit: Visit, exchange: Exchange, new_name: NewName) -> None:
    name = new_name("root")
    exchange.make_administrator(name, PASSWORD)
    page = visit().page
    page.goto("/admin/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    for path in OF_ADMINISTRATORS:
        page.goto(path)
        page.wait_for_load_state("networkidle")
    # The crowd's players alone fill several pages of it.
    page.goto(f"/admin/accounts/user/?q={name}")
    page.get_by_role("link", name=name, exact=True).click()
    # Its choices come by Django's own scripts.
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    page.wait_for_load_state("networkidle")
