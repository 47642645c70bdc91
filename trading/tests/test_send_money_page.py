"""Sending money on a page needs a confirmation that names the receiver, and happens once."""

from __future__ import annotations

import re
from html import unescape
from uuid import UUID, uuid4

import pytest
from django.test import Client

from core.web.rate_limits import PlayerThrottle
from trading.invariants.rules import check_invariants
from trading.models import Transaction, Wallet
from trading.tests.conftest import BDT
from trading.wallets.wallets import transfer

pytestmark = pytest.mark.usefixtures("markets")

PAGE = "/transfer/"
MOST_QUERIES = 12


@pytest.fixture
def alices(alice, client, fund):
    """Return the browser of Alice, who has 100 BDT."""
    fund(alice, 100)
    client.force_login(alice)
    return client


@pytest.fixture
def send(alices, bob):
    """Return a function that sends the form, confirmed unless told otherwise; any field may be given another value."""

    def post(*, confirmed=True, **fields):
        form = {"to": "bob", "amount": "30", "note": "for the map", "operation": str(uuid4())} | fields
        return alices.post(PAGE, form | ({"confirmed": "1"} if confirmed else {}))

    return post


def html(response):
    return unescape(response.content.decode())


def codes(response):
    return re.findall(r'data-code="(\w+)"', html(response))


def transfers():
    return Transaction.objects.filter(kind="transfer")


def test_what_was_typed_is_asked_once_more_with_the_players_name(send, bob, state):
    bob.display_name = "Bob <i>the builder</i>"
    bob.save()
    before = state()

    response = send(confirmed=False, to="BOB")

    assert response.status_code == 200
    assert "<strong><bdi>bob</bdi></strong>" in html(response)
    assert "Bob &lt;i&gt;the builder" in response.content.decode()
    assert "Send 30.00 BDT to <bdi>bob</bdi>" in html(response)
    assert 'title="70.00 BDT"' in html(response)
    assert state() == before


def test_confirmed_it_is_sent_and_shown(send, alices, alice, bob):
    operation = uuid4()

    response = send(operation=str(operation))

    sent = transfers().get()
    assert (sent.payer, sent.payee, sent.amount_micro, sent.reason) == (alice, bob, 30 * BDT, "for the map")
    assert (response.status_code, response["Location"]) == (302, f"{PAGE}?sent={operation}")
    page = html(alices.get(response["Location"]))
    assert "30.00 BDT sent to <bdi>bob</bdi>" in page
    assert 'data-live="balance" value="70.00"' in page


def test_sent_twice_it_is_carried_out_once(send, state):
    operation = str(uuid4())
    send(operation=operation, amount="60")
    before = state()

    again = send(operation=operation, amount="60")

    assert again.status_code == 302
    assert state() == before


def test_another_transfer_under_the_same_id_is_a_conflict_and_gets_another(send, state):
    operation = str(uuid4())
    send(operation=operation)
    before = state()

    response = send(operation=operation, amount="31")

    assert (response.status_code, codes(response)) == (409, ["idempotency_conflict"])
    assert UUID(re.search(r'name="operation" value="([^"]+)"', html(response))[1]) != UUID(operation)
    assert state() == before


@pytest.mark.django_db(transaction=True)
def test_a_double_click_sends_once(alices, alice, bob, run_together):
    form = {"to": "bob", "amount": "30", "operation": str(uuid4()), "confirmed": "1"}

    def click():
        browser = Client()
        browser.force_login(alice)
        return lambda: browser.post(PAGE, form)

    answers = run_together([click() for _ in range(4)])

    assert [answer.status_code for answer in answers] == [302] * 4
    assert transfers().count() == 1
    assert Wallet.objects.get(pk=bob.pk).balance_micro == 30 * BDT
    assert [invariant.name for invariant in check_invariants(recomputed_cycles=1) if not invariant.holds] == []


@pytest.mark.parametrize("confirmed", [True, False])
@pytest.mark.parametrize(
    ("typed", "status", "code"),
    [
        ({"to": "nobody"}, 404, "unknown_player"),
        ({"to": "Alice"}, 400, "own_wallet"),
        ({"to": ""}, 400, "required"),
        ({"to": "x" * 151}, 400, "max_length"),
        ({"to": "\x00"}, 400, "null_characters_not_allowed"),
        ({"amount": "100.000001"}, 409, "insufficient_funds"),
        ({"amount": "1e400"}, 400, "invalid"),
        ({"amount": "NaN"}, 400, "invalid"),
        ({"amount": "-1"}, 400, "invalid"),
        ({"amount": "0"}, 400, "min_value"),
        ({"amount": "1\u0663"}, 400, "invalid"),
        ({"amount": "1,000"}, 400, "ambiguous_amount"),
        ({"amount": "0.0000001"}, 400, "invalid"),
        ({"amount": "<b>1</b>"}, 400, "invalid"),
        ({"note": "x" * 201}, 400, "max_length"),
    ],
)
def test_refusals_stand_beside_the_field_and_change_nothing(send, state, confirmed, typed, status, code):
    before = state()

    response = send(confirmed=confirmed, **typed)

    assert (response.status_code, codes(response)) == (status, [code])
    assert "<b>1</b>" not in response.content.decode()
    assert 'name="note" value="' in html(response)
    assert state() == before


def test_a_closed_account_gets_nothing(send, bob, state):
    bob.is_active = False
    bob.save()
    before = state()

    assert codes(send()) == ["unknown_player"]
    assert state() == before


def test_without_an_id_nothing_is_sent(send, state):
    before = state()

    assert send(operation="").status_code == 400
    assert send(operation="nonsense").status_code == 400
    assert state() == before


def test_to_change_it_shows_what_was_typed(send, state):
    before = state()

    response = send(confirmed=False, edit="1")

    assert response.status_code == 200
    for field, value in (("to", "bob"), ("amount", "30"), ("note", "for the map")):
        assert f'name="{field}" value="{value}"' in html(response)
    assert state() == before


def test_an_address_fills_the_form(alices, bob):
    page = html(alices.get(f"{PAGE}?to=bob&amount=5"))

    assert 'name="to" value="bob"' in page
    assert 'name="amount" value="5"' in page


@pytest.mark.parametrize("sent", ["nonsense", "%00", "6f0f3ac4-2b1c-4f8e-8c51-0a4ab0b3b4a5"])
def test_an_address_of_nothing_sent_shows_nothing(alices, sent):
    response = alices.get(f"{PAGE}?sent={sent}")

    assert response.status_code == 200
    assert "BDT sent to" not in html(response)


def test_nobody_sees_what_another_sent(send, client, bob):
    operation = uuid4()
    send(operation=str(operation))
    client.force_login(bob)

    assert "BDT sent to" not in html(client.get(f"{PAGE}?sent={operation}"))


def test_a_guest_signs_in_first(client, state):
    before = state()

    assert client.get(PAGE)["Location"] == f"/sign-in/?next={PAGE}"
    assert client.post(PAGE, {"to": "bob"})["Location"] == f"/sign-in/?next={PAGE}"
    assert state() == before


def test_a_form_from_elsewhere_is_refused(alices, alice, bob, state):
    before = state()
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)

    form = {"to": "bob", "amount": "1", "operation": str(uuid4()), "confirmed": "1"}
    assert browser.post(PAGE, form).status_code == 403
    assert state() == before


def test_too_many_are_refused_as_by_the_api(send, settings, monkeypatch):
    settings.REDIS_PREFIX = f"test-{uuid4().hex}"
    monkeypatch.setitem(PlayerThrottle.THROTTLE_RATES, "player", "1/day")

    assert send(amount="1").status_code == 302
    refused = send(amount="1")

    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    assert transfers().count() == 1


def test_queries(send, alices, alice, bob, now, django_assert_max_num_queries):
    for _ in range(20):
        transfer(operation=uuid4(), player_id=alice.pk, payee_id=bob.pk, amount_micro=BDT, reason="", now=now)
    operation = str(uuid4())
    send(operation=operation)

    with django_assert_max_num_queries(MOST_QUERIES):
        alices.get(f"{PAGE}?sent={operation}")
    with django_assert_max_num_queries(MOST_QUERIES):
        send(confirmed=False)
