"""No page has a serious violation of the accessibility rules of axe."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, StorageState

from tests.browser.tests.conftest import Visit
from tests.browser.tests.pages import OF_GUESTS, OF_PLAYERS, open_page
from tests.browser.visitor import Device

SERIOUS = ("serious", "critical")
#: What is looked for in each theme: of the second, only what depends on colours.
LOOKED_FOR: dict[str, dict[str, Any]] = {"light": {}, "dark": {"runOnly": ["color-contrast"]}}


@pytest.mark.parametrize("path", OF_PLAYERS)
def test_players_pages(visit: Visit, device: Device, regular: StorageState, path: str) -> None:
    page = open_page(visit(device, storage_state=regular), path)
    assert faults_in_both_themes(page) == []


@pytest.mark.parametrize("path", OF_GUESTS)
def test_guests_pages(visit: Visit, device: Device, path: str) -> None:
    page = open_page(visit(device), path)
    assert faults_in_both_themes(page) == []


def faults_in_both_themes(page: Page) -> list[str]:
    """Return the serious violations in both themes, with their elements."""
    found = []
    for theme, rules in LOOKED_FOR.items():
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        violations = Axe().run(page, options=rules).response["violations"]
        found += [
            f"{theme}: {violation['help']}: {node['html']} {node['failureSummary']}"
            for violation in violations
            if violation["impact"] in SERIOUS
            for node in violation["nodes"]
        ]
    return found
