"""Opening an account, signing out, and signing in again."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.tests.conftest import NewName, Visit
from tests.browser.visitor import PASSWORD, Device


def test_register_sign_out_and_in_again(visit: Visit, device: Device, new_name: NewName) -> None:
    name = new_name("ada")
    page = (visitor := visit(device)).page
    page.goto("/")
    page.get_by_role("banner").get_by_role("link", name="Join").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("E-mail").fill(f"{name}@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Open the account").click()
    expect(page.get_by_role("status")).to_contain_text(f"Welcome, {name}")
    expect(page.get_by_role("status")).to_contain_text("1,000.00 BDT")
    visitor.wait_until_live()

    page.get_by_role("link", name=f"Account of {name}").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("You are signed out.")

    page.get_by_role("banner").get_by_role("link", name="Sign in").click()
    page.get_by_label("Name or e-mail").fill(name.upper())
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("link", name=f"Account of {name}")).to_be_visible()


def test_what_is_wrong_is_said_beside_the_field_and_nothing_typed_is_lost(visit: Visit, new_name: NewName) -> None:
    name = new_name("ada")
    page = (visitor := visit()).page
    visitor.forgive("register/.* 400")
    page.goto("/register/")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("E-mail").fill(f"{name}@example.com")
    page.get_by_label("Password", exact=True).fill("password")
    page.get_by_role("button", name="Open the account").click()

    password = page.get_by_label("Password", exact=True)
    expect(password).to_have_accessible_description(re.compile("too short"))
    expect(page.get_by_label("Name", exact=True)).to_have_value(name)
    expect(page.get_by_label("E-mail")).to_have_value(f"{name}@example.com")
    password.fill(PASSWORD)
    page.get_by_role("button", name="Open the account").click()
    expect(page.get_by_role("link", name=f"Account of {name}")).to_be_visible()
