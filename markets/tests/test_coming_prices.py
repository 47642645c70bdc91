"""Past prices to compare with in the coming seconds."""

from datetime import timedelta

import pytest
from django.utils import timezone

from attention.biomes import Biome
from markets.history.price_changes import coming_prices, price_changes
from markets.models import Cycle, Market, Tick
from markets.tests.cycles import moment, write_cycle

NOW = moment("2026-03-02T10:00:30")
COMING = "/api/v1/biome-market/price-changes/coming"
FIVE_MINUTES = timedelta(minutes=5)

pytestmark = pytest.mark.usefixtures("markets")


def at(secs):
    return NOW - FIVE_MINUTES + timedelta(seconds=secs)


def test_it_is_the_price_of_now_and_those_that_follow():
    for secs, price in ((-3, 90), (-1, 91), (0.5, 92), (19, 93), (21, 94)):
        write_cycle(at(secs), price * 10**12)
    coming = coming_prices(NOW, biomes=[Biome.OCEAN])
    assert list(coming) == ["5m", "1h", "24h"]
    assert coming["5m"].times == [at(0), at(0.5), at(19)]
    assert coming["5m"].prices == {"ocean": ["91.00", "92.00", "93.00"]}
    assert coming["1h"].prices == {"ocean": [None]}


@pytest.mark.parametrize("secs", [0, 0.4, 0.5, 3, 18.9, 20])
def test_what_it_foretells_is_what_a_refresh_then_says(secs):
    for step in range(90):
        write_cycle(at(step / 2 - 10), (80 * 2 + step) * 10**12 // 2, moved=step)
    coming = coming_prices(NOW, biomes=list(Biome))["5m"]
    later = NOW + timedelta(seconds=secs)
    place = max(number for number, then in enumerate(coming.times) if then + FIVE_MINUTES <= later)
    changes = price_changes(later)
    assert {biome: prices[place] for biome, prices in coming.prices.items()} == {
        biome: changed.five_minutes_from for biome, changed in changes.items()
    }


def test_percents_are_between_prices_as_they_are_told():
    write_cycle(at(-1), 3)
    Market.objects.update(cash_micro=10**6, bar_low_micro=10**6)
    Tick.objects.update(cash_after_micro=333_333_300_000, total_shares_micro=10**12)
    changes = price_changes(NOW)[Biome.OCEAN]
    assert (changes.five_minutes_from, changes.five_minutes) == ("0.333333", "-99.9997")


def test_what_retention_took_is_not_foretold():
    write_cycle(NOW - timedelta(days=1) + timedelta(seconds=3))
    Cycle.objects.all().delete()
    day = coming_prices(NOW, biomes=[Biome.SNOW])["24h"]
    assert (day.times, day.prices) == ([NOW - timedelta(days=1)], {"snow": [None]})


def test_the_api_tells_it_of_all_markets_or_of_one(client):
    write_cycle(timezone.now() - timedelta(minutes=6), 80 * 10**12)
    whole = client.get(COMING).json()
    assert list(whole["5m"]["prices"]) == list(Biome)
    assert client.get(f"{COMING}?biome=ocean").json()["5m"]["prices"] == {"ocean": ["80.00"]}
    assert client.get(f"{COMING}?biome=lake").status_code == 400


def test_before_the_markets_are_opened_there_are_none(client):
    Market.objects.all().delete()
    assert client.get(COMING).json()["5m"]["prices"] == {}
