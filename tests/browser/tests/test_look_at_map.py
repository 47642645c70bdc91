"""The map's address names the parcel shown."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.tests.conftest import Visit
from tests.browser.visitor import PHONE, Device


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


def test_the_wheel_zooms_until_there_is_a_grid(visit: Visit) -> None:
    page = visit().page
    page.goto("/map/")
    the_map = page.locator("#map")
    expect(page.locator("#map-place")).to_contain_text("Point at a parcel")
    expect(the_map).to_have_attribute("data-grid", "none")
    wide = float(str(the_map.get_attribute("data-px")))
    page.locator("canvas").hover()
    page.mouse.wheel(0, -900)
    expect(the_map).to_have_attribute("data-grid", "shown")
    assert float(str(the_map.get_attribute("data-px"))) > wide


def test_whoever_points_at_a_parcel_is_told_owner_and_price(visit: Visit, device: Device) -> None:
    page = visit(device).page
    page.goto("/map/")
    place = page.locator("#map-place")
    expect(place).to_contain_text("Point at a parcel")
    costs = re.compile(r"^\d+, \d+ · \w+ · (unowned, from the world for [\d,.]+ BDT|owned by .+)$")
    canvas = page.locator("canvas")
    if device is PHONE:
        canvas.tap()
    else:
        canvas.hover()
    expect(place).to_have_text(costs)
    # By the keyboard too.
    first = place.inner_text().partition(" · ")[0]
    canvas.focus()
    page.keyboard.press("ArrowLeft")
    expect(place).not_to_contain_text(f"{first} ·")
    expect(place).to_have_text(costs)


def test_price_and_attention_are_layers(visit: Visit, device: Device) -> None:
    page = visit(device).page
    page.goto("/map/")
    expect(page.locator("#map-place")).to_contain_text("Point at a parcel")
    for layer in ("Price", "Attention"):
        page.get_by_text(layer, exact=True).click()
        expect(page.locator("#map")).to_have_attribute("data-layer", re.compile(layer.lower()))
        expect(page.get_by_text("Least", exact=True)).to_be_visible()
    page.get_by_text("Biomes", exact=True).click()
    expect(page.get_by_text("Least", exact=True)).to_be_hidden()
