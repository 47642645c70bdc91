"""Fixtures of the browser tests: one exchange and one Chromium for all; each visitor has a window of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from playwright.sync_api import Browser, StorageState, expect, sync_playwright

from tests.browser.behind_nginx import BehindNginx, exchange_behind_nginx
from tests.browser.exchange import Exchange, running_exchange
from tests.browser.orders import buy, open_market, sell
from tests.browser.visitor import CHROMIUM, DESKTOP, PHONE, WAIT_MS, Device, Visitor, launch

Visit = Callable[..., Visitor]
NewName = Callable[[str], str]

expect.set_options(timeout=WAIT_MS)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"There is no {CHROMIUM}: `apt-get install chromium` brings it.")
    with sync_playwright() as playwright, launch(playwright) as browser:
        yield browser


@pytest.fixture(scope="session")
def exchange(chromium: Browser) -> Iterator[Exchange | BehindNginx]:
    with exchange_behind_nginx() if os.environ.get("BEHIND_NGINX") else running_exchange() as exchange:
        yield exchange
        said = exchange.said
    # Whatever a server was stopped for, and whatever was asked of it: it has an answer.
    assert "Traceback" not in said, said


@pytest.fixture
def visit(chromium: Browser, exchange: Exchange | BehindNginx) -> Iterator[Visit]:
    """Open a browser window. The test fails when a page complains in its console."""
    visitors: list[Visitor] = []

    def come(device: Device = DESKTOP, **options: object) -> Visitor:
        visitors.append(Visitor.of(chromium, exchange.url, device, **options))
        return visitors[-1]

    yield come
    for visitor in visitors:
        visitor.leave()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def device(request: pytest.FixtureRequest) -> Device:
    """Return each kind of device in turn: a story that asks for it runs on both."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def new_name() -> NewName:
    """Return a function that makes names which no other story uses."""
    numbers = count(1)
    return lambda name: f"{name}-{next(numbers)}"


@pytest.fixture(scope="session")
def regular(chromium: Browser, exchange: Exchange, new_name: NewName) -> StorageState:
    """Return the cookies of a player who has traded, for `visit(storage_state=regular)`."""
    player = Visitor.of(chromium, exchange.url)
    player.register(new_name("rita"))
    for biome in ("Ocean", "Snow"):
        open_market(player.page, biome)
        buy(player.page, biome, "100")
    sell(player.page, "Snow", "0.5")
    cookies = player.context.storage_state()
    player.leave()
    return cookies
