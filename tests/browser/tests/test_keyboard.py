"""Everything is reached by Tab and answers to Enter, without mouse and touch."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.orders import order_ticket
from tests.browser.tests.conftest import NewName, Visit
from tests.browser.visitor import PASSWORD

#: More stops than any page has before what a story looks for.
MOST_STOPS = 80
#: A stop shows that it is one: by an outline or a shadow, of its own or of what is around it.
SHOWS_FOCUS = """() => {
  const shows = (element) => {
    const style = getComputedStyle(element);
    return (style.outlineStyle !== "none" && style.outlineWidth !== "0px") || style.boxShadow !== "none";
  };
  for (let element = document.activeElement; element !== document.body; element = element.parentElement) {
    if (shows(element)) return true;
  }
  return false;
}"""


def test_register_trade_and_leave(visit: Visit, new_name: NewName) -> None:
    name = new_name("kay")
    page = visit().page
    page.goto("/")
    press_tab(page)
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    go_to(page, page.get_by_role("banner").get_by_role("link", name="Join"))

    expect(page.get_by_role("heading", name="Open an account")).to_be_visible()
    for field, text in (("Name", name), ("E-mail", f"{name}@example.com"), ("Password", PASSWORD)):
        tab_to(page, page.get_by_label(field, exact=True))
        page.keyboard.type(text)
    page.keyboard.press("Enter")

    expect(page.get_by_role("link", name=f"Account of {name}")).to_be_visible()
    go_to(page, page.get_by_role("rowheader", name="Beach").get_by_role("link"))
    ticket = order_ticket(page, "Beach")
    tab_to(page, ticket.get_by_role("textbox", name="Amount"))
    page.keyboard.type("100")
    tab_to(page, ticket.get_by_role("radio", name="20 %"))
    page.keyboard.press("ArrowRight")
    expect(ticket.get_by_role("radio", name="Any")).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.locator("#ticket-result")).to_be_focused()

    # The other side, by the arrow keys; all of it, by a button.
    tab_to(page, ticket.get_by_role("radio", name="Buy"))
    page.keyboard.press("ArrowRight")
    expect(ticket.get_by_role("radio", name="Sell")).to_be_checked()
    go_to(page, ticket.get_by_role("button", name="100 %"))
    expect(ticket.get_by_role("textbox", name="Amount")).not_to_have_value("")
    go_to(page, ticket.get_by_role("button", name="Sell Beach"))
    expect(ticket.get_by_role("heading", name="Sold")).to_be_visible()

    go_to(page, page.get_by_role("link", name=f"Account of {name}"), from_the_top=True)
    go_to(page, page.get_by_role("button", name="Sign out", exact=True))
    expect(page.get_by_role("status")).to_contain_text("You are signed out.")


def test_every_stop_can_be_seen(visit: Visit) -> None:
    for path in ("/", "/biome-market/ocean/", "/sign-in/"):
        page = visit().page
        page.goto(path)
        unseen = []
        for _ in range(MOST_STOPS):
            press_tab(page)
            if page.evaluate("document.activeElement === document.body"):
                break
            if not page.evaluate(SHOWS_FOCUS):
                unseen.append(page.evaluate("document.activeElement.outerHTML"))
        assert unseen == []


def press_tab(page: Page) -> None:
    page.keyboard.press("Tab")


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus."""
    target.wait_for()
    for _ in range(MOST_STOPS):
        if target.evaluate("element => element === document.activeElement"):
            return
        press_tab(page)
    raise AssertionError(f"not within {MOST_STOPS} stops: {target}")


def go_to(page: Page, target: Locator, *, from_the_top: bool = False) -> None:
    """Press Tab until the target has the focus, and Enter."""
    if from_the_top:
        page.evaluate("document.activeElement.blur(), window.getSelection().setPosition(document.body, 0)")
    tab_to(page, target)
    page.keyboard.press("Enter")
