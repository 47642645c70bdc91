"""Prices move while a page is open."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.tests.conftest import Visit
from tests.browser.visitor import Device


def test_a_price_changes_without_a_reload(visit: Visit, device: Device) -> None:
    page = (visitor := visit(device)).page
    page.goto("/")
    visitor.wait_until_live()
    price = page.locator('[data-biome="ocean"] [data-live="price"]').first
    expect(price).not_to_have_text(price.inner_text())
    visitor.wait_for_events("biome_market_update", 10)
    assert visitor.loads == 1
