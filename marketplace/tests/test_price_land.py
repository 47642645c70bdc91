"""The scripts of a parcel's page compute at each tick exactly the price that the exchange asks."""

from __future__ import annotations

from random import Random
from typing import Any

from django.conf import settings

from attention.biomes import Biome
from marketplace.land_forms import at_most
from marketplace.pricing.land_prices import base_price, weight_of
from marketplace.sales.limits import takes_large_part
from markets.models import EconomicSettings, Market
from markets.payloads import market_json
from tests.node import computed_by, recorded

CASES = 2_000
RECORDED_CASES = 60


def drawn(rng: Random) -> dict[str, Any]:
    return {
        "market": Market(
            biome=rng.choice(list(Biome)),
            cash_micro=rng.randrange(1, 10 ** rng.randint(3, 17)),
            total_shares_micro=rng.randrange(1, 10 ** rng.randint(3, 15)),
            shares_held_micro=0,
        ),
        "elevation_m": rng.randint(-4_000, 4_000),
        "tolerance_bps": rng.choice([0, 500, 1_000, 2_000, 1_234]),
        "balance": rng.randrange(10 ** rng.randint(1, 15)),
    }


def sent(case: dict[str, Any]) -> dict[str, Any]:
    market, version = case["market"], EconomicSettings()
    told = {name: market_json(market, heading_price=None)[name] for name in ("cash", "total_shares")}
    return {
        "market": told,
        "rate": str(weight_of(biome=market.biome, version=version, elevation_m=case["elevation_m"])),
        "tolerance": f"{case['tolerance_bps'] / 100:g}",
        "balance": str(case["balance"]),
        "large": str(settings.LARGE_PURCHASE_BPS),
    }


def expected(case: dict[str, Any]) -> list[Any]:
    price = base_price(market=case["market"], version=EconomicSettings(), elevation_m=case["elevation_m"])
    return [
        str(price),
        str(at_most(price, case["tolerance_bps"])),
        takes_large_part(price, case["balance"]),
        str(price),
    ]


def test_pages_price_land_as_the_exchange_does() -> None:
    rng = Random(4)
    cases = [drawn(rng) for _ in range(CASES)]

    computed = computed_by("price_land.js", [sent(case) for case in cases])

    assert computed == [expected(case) for case in cases]


def test_the_cases_of_the_scripts_own_tests_are_what_the_exchange_asks() -> None:
    rng = Random(5)
    rows = [{"given": sent(case), "expected": expected(case)} for case in (drawn(rng) for _ in range(RECORDED_CASES))]

    assert recorded("land_prices.json", rows) == rows
