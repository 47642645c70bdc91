"""Pages load little JavaScript and CSS, compressed."""

from __future__ import annotations

import pytest
from playwright.sync_api import StorageState

from browser.tests.conftest import Visit
from browser.tests.pages import OF_PLAYERS, open_page

MOST_BYTES = 120_000
WEIGHT = """() => performance.getEntriesByType("resource")
  .filter(({ name }) => /\\.(js|mjs|css)$/.test(new URL(name).pathname))
  .reduce((whole, { encodedBodySize }) => whole + encodedBodySize, 0)"""


@pytest.mark.parametrize("path", OF_PLAYERS)
def test_a_page_is_light(visit: Visit, regular: StorageState, path: str) -> None:
    page = open_page(visit(storage_state=regular), path)
    page.wait_for_load_state("networkidle")
    weight = page.evaluate(WEIGHT)
    assert 0 < weight <= MOST_BYTES
