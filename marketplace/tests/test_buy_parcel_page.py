"""Buying a parcel from the world on its page: near the price on the page, with a confirmation for a lot of money."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from marketplace.models import Land
from marketplace.tests.conftest import BDT, Fund, State, broken_invariants, money
from marketplace.tests.pages import codes, html

pytestmark = pytest.mark.django_db(transaction=True)

#: By the tolerance, the lowest price from which 150 BDT is within it, in micro-BDT.
LEAST_SEEN = {"5": 142_857_143, "10": 136_363_637, "20": 125 * BDT, "any": 1}


@pytest.fixture
def now() -> datetime:
    """Use the real time, as the pages and the API do."""
    return timezone.now()


@pytest.fixture
def buyer(client: Client, fund: Fund, alice: User) -> Client:
    """Return the browser of Alice, who has 1,000 BDT."""
    fund(1_000, alice)
    client.force_login(alice)
    return client


def press(client: Client, land: Land, **sent: Any) -> Any:
    form = {"operation": str(uuid4()), "seen_micro": 150 * BDT, "tolerance": "20"}
    return client.post(f"/land/{land.pk}/buy/", form | sent)


@pytest.mark.parametrize("tolerance", LEAST_SEEN)
def test_it_is_bought_at_what_it_costs_within_the_tolerance(
    buyer: Client, alice: User, land: Land, tolerance: str
) -> None:
    assert press(buyer, land, tolerance=tolerance, seen_micro=LEAST_SEEN[tolerance]).status_code == 302
    assert (money(alice), broken_invariants()) == ((850, 0), [])


@pytest.mark.parametrize("tolerance", ["5", "10", "20"])
def test_beyond_it_nothing_is_bought_and_one_press_buys_at_the_new_price(
    buyer: Client, alice: User, land: Land, state: State, tolerance: str
) -> None:
    before, operation = state(), str(uuid4())
    sent = {"tolerance": tolerance, "operation": operation}
    refused = press(buyer, land, **sent, seen_micro=LEAST_SEEN[tolerance] - 1)
    assert (refused.status_code, codes(refused), state()) == (409, ["price_moved"], before)
    # All that the next press sends stands in the form.
    shown = html(refused)
    assert f'name="seen_micro" value="{150 * BDT}"' in shown
    assert f'value="{tolerance}" checked' in shown
    assert f'value="{operation}"' in shown
    assert press(buyer, land, **sent).status_code == 302
    assert money(alice) == (850, 0)


def test_sent_twice_at_two_prices_it_is_bought_once(buyer: Client, alice: User, land: Land) -> None:
    operation = str(uuid4())
    for seen in (150 * BDT, 151 * BDT):
        assert press(buyer, land, operation=operation, seen_micro=seen)["Location"] == f"/land/{land.pk}/"
    assert (money(alice), broken_invariants()) == ((850, 0), [])


def test_the_default_is_above_what_two_cycles_can_do(buyer: Client, alice: User, land: Land) -> None:
    alice.default_tolerance_bps = 2_000
    alice.save()
    shown = html(buyer.get(f"/land/{land.pk}/"))
    assert 'value="20" checked' in shown
    assert all(f'name="tolerance" value="{value}"' in shown for value in ("5", "10", "20", "any"))
    assert "Not bought above" in shown
    assert 'value="180.00"' in shown
    assert '<span>Buy this parcel for <span class="num" id="button-price">150.00</span> BDT</span></button>' in shown


class TestALargePartOfTheBalance:
    @pytest.mark.parametrize(("funds", "is_asked"), [(600, True), (601, False)])
    def test_is_asked_for_once_more(
        self, client: Client, fund: Fund, alice: User, land: Land, state: State, funds: int, is_asked: bool
    ) -> None:
        fund(funds, alice)
        client.force_login(alice)
        assert ('id="confirm" hidden' in html(client.get(f"/land/{land.pk}/"))) is not is_asked
        before = state()
        reply = press(client, land)
        if is_asked:
            assert (reply.status_code, codes(reply), state()) == (409, ["large_purchase"], before)
            assert 'id="confirm" hidden' not in html(reply)
            reply = press(client, land, confirmed="on")
        assert (reply.status_code, money(alice)) == (302, (funds - 150, 0))


def test_too_little_is_said_beside_a_button_that_is_off(client: Client, fund: Fund, alice: User, land: Land) -> None:
    fund(100, alice)
    client.force_login(alice)
    shown = html(client.get(f"/land/{land.pk}/"))
    assert 'aria-describedby="buy-means" disabled><span>Buy this parcel for' in shown
    assert 'id="left">50.00</span> <span id="left-words">too little</span>' in shown


@pytest.mark.parametrize(
    "sent",
    [{"tolerance": ""}, {"tolerance": "-1"}, {"tolerance": "101"}, {"seen_micro": ""}, {"seen_micro": 0}],
    ids=str,
)
def test_what_makes_no_sense_is_refused(buyer: Client, land: Land, state: State, sent: dict[str, Any]) -> None:
    before = state()
    reply = press(buyer, land, **sent)
    assert (reply.status_code, state()) == (400, before)
