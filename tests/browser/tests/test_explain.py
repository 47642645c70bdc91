"""Words are explained in place: on a tap, on hover and by keyboard, whole on a phone, and nothing moves."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from tests.browser.tests.conftest import Visit
from tests.browser.tests.pages import open_page
from tests.browser.tests.test_layout import OBSERVE_SHIFTS
from tests.browser.visitor import PHONE, Device

LANDS = "/map/lands/"
PATHS = ("/biome-market/", "/biome-market/ocean/", LANDS)
IS_WHOLE = """(element) => {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  return left >= 0 && top >= 0 && right <= clientWidth && bottom <= clientHeight;
}"""

TWO_FRAMES = "() => new Promise((goOn) => requestAnimationFrame(() => requestAnimationFrame(goOn)))"


def answer_of(page: Page, button: Locator) -> Locator:
    return page.locator(f"#{button.get_attribute('popovertarget')}")


@pytest.mark.parametrize("path", PATHS)
def test_a_tap_opens_it_whole_and_another_closes_it(visit: Visit, device: Device, path: str) -> None:
    page = open_page(visit(device), path)
    buttons = page.locator("main .explain").filter(visible=True)
    assert buttons.count() > 0
    for button in buttons.all():
        press = button.tap if device is PHONE else button.click
        press()
        expect(answer_of(page, button)).to_be_visible()
        expect(button).to_have_attribute("aria-expanded", "true")
        assert answer_of(page, button).evaluate(IS_WHOLE)
        press()
        expect(answer_of(page, button)).to_be_hidden()
        expect(button).to_have_attribute("aria-expanded", "false")


def test_hover_opens_it_and_a_click_keeps_it(visit: Visit) -> None:
    page = open_page(visit(), "/biome-market/")
    button = page.get_by_role("button", name="What is the pool?")
    answer = answer_of(page, button)
    button.hover()
    expect(answer).to_be_visible()
    answer.hover()
    page.mouse.move(2, 2)
    expect(answer).to_be_hidden()
    button.hover()
    expect(answer).to_be_visible()
    button.click()
    page.mouse.move(2, 2)
    page.wait_for_timeout(500)
    expect(answer).to_be_visible()


def test_the_keyboard_opens_and_closes_it_and_nothing_moves(visit: Visit) -> None:
    page = open_page(visit(), "/biome-market/")
    button = page.get_by_role("button", name="What is a cycle?").first
    page.evaluate(OBSERVE_SHIFTS)
    button.focus()
    page.keyboard.press("Enter")
    expect(answer_of(page, button)).to_be_visible()
    page.keyboard.press("Escape")
    expect(answer_of(page, button)).to_be_hidden()
    expect(button).to_be_focused()
    assert page.evaluate("window.shifts") == []


def test_what_was_pressed_before_the_script_came_closes_at_the_next_press(visit: Visit) -> None:
    page = visit().page
    held: list[Route] = []
    page.route(re.compile(r"/explain[.\w]*\.js"), lambda route: held.append(route))
    page.goto("/biome-market/", wait_until="commit")
    button = page.get_by_role("button", name="What is the pool?")
    button.click()
    expect(answer_of(page, button)).to_be_visible()
    held[0].continue_()
    expect(button).to_have_attribute("aria-expanded", "true")
    button.click()
    expect(answer_of(page, button)).to_be_hidden()
    expect(button).to_have_attribute("aria-expanded", "false")


def test_a_list_that_is_read_again_swallows_no_press(visit: Visit) -> None:
    page = visit().page
    held: list[Route] = []

    def is_read_again(asked: Request) -> bool:
        return asked.resource_type == "fetch" and asked.url.endswith(LANDS)

    page.route(f"**{LANDS}", lambda route: held.append(route) if is_read_again(route.request) else route.continue_())
    with page.expect_request(is_read_again):
        page.goto(LANDS)
    button = page.locator("#parcels .explain").first
    button.evaluate("(element) => (element.isFirst = true)")
    button.hover()
    page.mouse.down()
    with page.expect_request_finished(is_read_again):
        held[0].continue_()
    page.evaluate(TWO_FRAMES)
    page.mouse.up()
    expect(answer_of(page, button)).to_be_visible()

    # The list has come, and the button in it goes on for the one that was pressed.
    page.wait_for_function("() => !document.querySelector('#parcels .explain').isFirst")
    expect(button).to_have_attribute("aria-expanded", "true")
    button.click()
    expect(answer_of(page, button)).to_be_hidden()


def test_without_a_script_it_opens_too(visit: Visit) -> None:
    page = visit(java_script_enabled=False).page
    page.goto("/biome-market/")
    button = page.get_by_role("button", name="What is the pool?")
    button.click()
    expect(answer_of(page, button)).to_be_visible()
