"""Orders fill at the first press while prices move: a short form of `make fills`."""

from __future__ import annotations

from itertools import count
from random import Random

from tests.browser.fills import buy_often, buy_parcels, registered
from tests.browser.tests.conftest import NewName, Visit

BUYS, PARCELS = 12, 3


def test_buys_and_parcels_fill_at_the_first_press(visit: Visit, new_name: NewName) -> None:
    players = (registered(visit(), new_name("filler")) for _ in count())
    rng = Random(7)  # no secret

    counts = [buy_often(players, rng, BUYS), buy_parcels(players, rng, PARCELS)]

    assert [str(each) for each in counts if not each.is_enough] == []
    assert [each.fills for each in counts] == [BUYS, PARCELS]
