"""The account's page: appearance, the password, and tokens for programs."""

from __future__ import annotations

import json
import subprocess

from playwright.sync_api import expect

from tests.browser.tests.conftest import NewName, Visit
from tests.browser.visitor import Device


def test_the_theme_goes_along_to_another_browser(visit: Visit, device: Device, new_name: NewName) -> None:
    name = new_name("tom")
    page = (visitor := visit(device)).page
    visitor.register(name)
    page.get_by_role("button", name="Theme: system").click()
    with page.expect_response("**/account/theme/"):
        page.get_by_role("button", name="Theme: light").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    other = visit()
    other.sign_in(name)
    expect(other.page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_new_password_ends_other_sessions(visit: Visit, new_name: NewName) -> None:
    name, new_password = new_name("tom"), "a battery of correct horses"
    here, elsewhere = visit(), visit()
    here.register(name)
    elsewhere.sign_in(name)
    here.page.goto("/account/")
    form = here.page.locator("#password")
    form.get_by_label("Current password", exact=True).fill("correct horse battery")
    form.get_by_label("New password", exact=True).fill(new_password)
    here.page.get_by_role("button", name="Change password").click()
    expect(here.page.locator("#password")).to_contain_text("changed")
    elsewhere.page.goto("/portfolio/")
    expect(elsewhere.page.get_by_role("heading", name="Sign in")).to_be_visible()
    elsewhere.sign_in(name, new_password)


def test_the_examples_beside_the_tokens_work(visit: Visit, new_name: NewName) -> None:
    page = (visitor := visit()).page
    visitor.register(new_name("tom"))
    page.goto("/account/tokens/")
    page.get_by_role("button", name="Get a pair of tokens").click()
    examples = ["What is in your wallet", "Buy ocean for 10 BDT", "The next pair"]
    wallet, bought, pair = [run(page.get_by_label(example).inner_text()) for example in examples]
    assert wallet["balance"] == "1000.00"
    assert bought["side"] == "buy"
    assert sorted(pair) == ["access", "refresh"]


def run(command: str) -> dict[str, str]:
    """Run an example in a shell, as a person who pastes it."""
    done = subprocess.run(["bash", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    answer: dict[str, str] = json.loads(done.stdout)
    return answer
