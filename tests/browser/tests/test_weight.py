"""Pages load little JavaScript and CSS, as it comes over the wire, headers included."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, StorageState

from tests.browser.tests.conftest import Visit
from tests.browser.tests.pages import OF_PLAYERS, open_page

MOST_BYTES = 120_000
KINDS = ("Script", "Stylesheet")


@pytest.mark.parametrize("path", OF_PLAYERS)
def test_a_page_is_light(visit: Visit, regular: StorageState, path: str) -> None:
    visitor = visit(storage_state=regular)
    came = weigh(visitor.page)
    open_page(visitor, path).wait_for_load_state("networkidle")
    assert 0 < sum(came) <= MOST_BYTES


def weigh(page: Page) -> list[float]:
    """Return what each script and style of the page weighs, in bytes, as they come from now on."""
    kinds: dict[str, str] = {}
    came: list[float] = []
    network = page.context.new_cdp_session(page)
    network.on("Network.responseReceived", lambda told: kinds.update({told["requestId"]: told["type"]}))
    network.on(
        "Network.loadingFinished",
        lambda told: came.append(told["encodedDataLength"]) if kinds.get(told["requestId"]) in KINDS else None,
    )
    network.send("Network.enable")
    return came
