"""Looking at the map: the address says which parcel."""

from __future__ import annotations

from playwright.sync_api import expect

from browser.tests.conftest import Visit


def test_the_address_leads_to_a_parcel(visit: Visit) -> None:
    page = (visitor := visit()).page
    page.goto("/map/#3,4")
    place = page.locator("#map-place")
    expect(place).to_contain_text("3, 4 ·")

    # Followed while the map is open, it is no new page.
    page.evaluate("location.hash = '#5,6'")
    expect(place).to_contain_text("5, 6 ·")
    page.evaluate("location.hash = '#9999,1.5'")
    page.go_back()
    expect(place).to_contain_text("5, 6 ·")
    assert visitor.loads == 1
