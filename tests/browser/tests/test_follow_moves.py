"""Changes and reasons are as live as the price beside them, and equal the server's."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, Route

from tests.browser.tests.conftest import Visit

OCEAN = "/biome-market/ocean/"
BIOMES = ("ocean", "beach", "plains", "forest", "desert", "mountain", "snow")
TRIES = 10

#: Asks the server again and again why the price moved; how often the page said the same a moment before or after.
COUNT_SAME = """async tries => {
  const figures = root => [...root.querySelectorAll("td data")].map(({ title }) => title).join();
  const verdict = root => root.querySelector("[data-why=verdict]").textContent;
  const since = root => Date.parse(root.querySelector("time").getAttribute("datetime"));
  const words = root => `${verdict(root)} ${figures(root)} ${since(root)}`;
  const why = document.getElementById("why");
  const said = new Set([words(why)]);
  const observer = new MutationObserver(() => said.add(words(why)));
  observer.observe(why, { subtree: true, childList: true, characterData: true, attributes: true });
  let same = 0;
  for (let count = 0; count < tries; count++) {
    const page = new DOMParser().parseFromString(await (await fetch("why/")).text(), "text/html");
    await new Promise(resolve => setTimeout(resolve, 700));
    same += said.has(words(page.body));
  }
  return { same, different: said.size };
}"""


def test_why_it_moved_follows_every_cycle_and_says_what_the_server_says(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page
    page.goto(OCEAN)
    visitor.wait_until_live()
    page.locator('#why [data-why="verdict"]').wait_for()
    visitor.wait_for_events("biome_market_update", 4)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.headers.get("hx-request") else None)
    counted = page.evaluate(COUNT_SAME, TRIES)
    # A trade may be in the database a moment before it is told.
    assert counted["same"] >= TRIES - 2
    assert counted["different"] >= TRIES
    assert [url for url in asked if url.endswith("/why/")] == []


def foretell(page: Page, *, step_secs: float) -> None:
    """Answer as if the exchange were five minutes old: its price then rose by one with each step."""

    def answer(route: Route) -> None:
        now = datetime.now(UTC)
        steps = range(-2, 60)
        times = [(now - timedelta(minutes=5) + step * timedelta(seconds=step_secs)).isoformat() for step in steps]
        prices = {biome: [f"{50 + place}.00" for place in range(len(steps))] for biome in BIOMES}
        nothing = {"at": times[:1], "prices": {biome: [None] for biome in BIOMES}}
        body = {"5m": {"at": times, "prices": prices}, "1h": nothing, "24h": nothing}
        route.fulfill(status=200, content_type="application/json", body=json.dumps(body))

    page.route("**/price-changes/coming*", answer)


#: What every price is compared with, as it goes on; and whether what is shown is exactly the change against that.
READ = """selector => {
  const change = document.querySelector(selector);
  const price = Number(change.closest("[data-biome]").querySelector("[data-live=price]").value);
  const from = Number(change.dataset.from);
  return { from, isRight: Math.abs(parseFloat(change.title) - (price / from - 1) * 100) < 1e-5 };
}"""


def follow_reference(page: Page, selector: str) -> list[float]:
    """Return each price that the shown change is measured from, over three seconds.

    Asserts that the change is right.
    """
    seen: list[float] = []
    for _ in range(12):
        read = page.evaluate(READ, selector)
        assert read["isRight"]
        seen.append(read["from"])
        page.wait_for_timeout(250)
    return seen


def test_the_change_of_five_minutes_is_measured_from_a_price_that_grows_older_with_every_tick(visit: Visit) -> None:
    for path, selector in (
        (OCEAN, '#market [data-live="change"][data-age="5m"]'),
        ("/biome-market/", '[data-biome="snow"] [data-live="change"][data-age="5m"]'),
    ):
        visitor = visit()
        foretell(visitor.page, step_secs=0.5)
        visitor.page.goto(path)
        visitor.wait_until_live()
        visitor.wait_for_events("biome_market_update", 3)
        seen = follow_reference(visitor.page, selector)
        assert seen == sorted(seen)
        assert 4 <= len(set(seen)) <= 9
