"""The scripts of a parcel's page compute at each tick exactly the price that the exchange asks."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from random import Random
from typing import Any

import pytest

from attention.biomes import Biome
from marketplace.land_forms import at_most
from marketplace.pricing.land_prices import base_price, weight_of
from marketplace.sales.limits import takes_large_part
from markets.models import EconomicSettings, Market
from markets.payloads import market_json

CASES = 2_000
NODE = shutil.which("node")


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


@pytest.mark.skipif(NODE is None, reason="There is no node.")
def test_pages_price_land_as_the_exchange_does(settings: Any) -> None:
    rng, version = Random(4), EconomicSettings()
    sent, expected = [], []
    for case in (drawn(rng) for _ in range(CASES)):
        market, elevation = case["market"], case["elevation_m"]
        told = {name: market_json(market, heading_price=None)[name] for name in ("cash", "total_shares")}
        bps, price = case["tolerance_bps"], base_price(market=market, version=version, elevation_m=elevation)
        sent.append(
            {
                "market": told,
                "rate": str(weight_of(biome=market.biome, version=version, elevation_m=elevation)),
                "tolerance": f"{bps / 100:g}",
                "balance": str(case["balance"]),
                "large": str(settings.LARGE_PURCHASE_BPS),
            }
        )
        expected.append([str(price), str(at_most(price, bps)), takes_large_part(price, case["balance"])])
    script = Path(__file__).with_name("land_price.js")
    run = subprocess.run(
        [str(NODE), str(script)], input=json.dumps(sent), capture_output=True, text=True, check=True, timeout=60
    )
    assert json.loads(run.stdout) == expected
