"""The receiver of a transfer is shown before it is sent, and a name that could be another's is refused."""

from uuid import uuid4

import pytest

from accounts.models import User
from accounts.naming.names import look_of
from trading.models import Transaction

TRANSFER = "/api/v1/wallet/transfer"
PAGE = "/transfer/"


@pytest.fixture
def twin(bob):
    """Create a player whose name, allowed by earlier rules, looks like bob's."""
    return User.objects.create(username="b\u043eb", email="twin@example.com", look=bob.look, look_shared=True)


@pytest.fixture
def impostor(bob):
    """Create a player, allowed by earlier rules, whose display name is Bob."""
    return User.objects.create(
        username="mallory", email="m@example.com", display_name="Bob", display_look=look_of("Bob")
    )


def test_the_api_tells_whom_a_transfer_would_reach(client, alice, bob, markets):
    bob.display_name = "Robert"
    bob.save()
    client.force_login(alice)

    reply = client.get(TRANSFER, {"to": "BOB"})

    assert reply.status_code == 200
    told = {"username": "bob", "display_name": "Robert", "is_simulated": False}
    assert reply.json() == told | {"date_joined": bob.date_joined.isoformat().replace("+00:00", "Z")}
    assert not Transaction.objects.exists()


@pytest.mark.parametrize(
    ("name", "status", "code"), [("nobody", 404, "unknown_player"), ("b\u043eb", 404, "unknown_player")]
)
def test_nobody_is_told(client, alice, bob, markets, name, status, code):
    client.force_login(alice)

    reply = client.get(TRANSFER, {"to": name})

    assert (reply.status_code, reply.json()["errors"][0]["code"]) == (status, code)


@pytest.mark.parametrize("alike", ["twin", "impostor"])
@pytest.mark.parametrize("asked", ["bob", "Bob"])
def test_a_name_that_may_be_anothers_is_refused(request, client, alice, bob, markets, fund, alike, asked):
    request.getfixturevalue(alike)
    fund(alice, 100)
    client.force_login(alice)
    before = Transaction.objects.count()

    asked_for = client.get(TRANSFER, {"to": asked})
    sent = client.post(TRANSFER, {"to": asked, "amount": "5"}, content_type="application/json")
    form = {"to": asked, "amount": "5", "note": "", "operation": uuid4(), "confirmed": "1"}
    on_page = client.post(PAGE, form)

    for reply in (asked_for, sent):
        assert reply.status_code == 409
        assert [(error["code"], error["attr"]) for error in reply.json()["errors"]] == [("ambiguous_name", "to")]
    assert on_page.status_code == 409
    assert on_page.context["form"].has_error("to", "ambiguous_name")
    assert Transaction.objects.count() == before


def test_who_was_closed_is_in_nobodys_way(client, alice, bob, markets, fund, impostor):
    impostor.is_active = False
    impostor.save()
    fund(alice, 100)
    client.force_login(alice)

    assert client.post(TRANSFER, {"to": "bob", "amount": "5"}, content_type="application/json").status_code == 201


def test_the_page_shows_the_username_and_beside_it_what_one_is_called(client, alice, bob, markets, fund):
    bob.display_name = "Robert"
    bob.save()
    fund(alice, 100)
    client.force_login(alice)

    text = client.post(PAGE, {"to": "bob", "amount": "5", "note": "", "operation": uuid4()}).content.decode()

    assert "<strong><bdi>bob</bdi></strong>" in text
    assert "<bdi>Robert</bdi>" in text
    assert not Transaction.objects.filter(kind="transfer").exists()
