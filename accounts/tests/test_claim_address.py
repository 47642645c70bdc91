"""New accounts claim their address where addresses are verified, and no answer reveals who has it already."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.errors import AddressLinkInvalid, AddressTaken
from accounts.mail.new_address import confirm_address, link_to
from accounts.mail.verification import verify
from accounts.models import User
from accounts.passwords.reset import send_reset_mail
from accounts.registration import register_player
from accounts.tests.cast import ME, OTHER_PASSWORD, PASSWORD, REGISTER, TOKEN, bearer, codes_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("markets", "mails_at_once")]

ADAS = "ada@example.org"
EVE = {"username": "eve", "email": "ADA@example.org", "password": OTHER_PASSWORD}
PAGE = "/register/"


@pytest.fixture(autouse=True)
def strict(ada: User, settings: Any) -> None:
    """Ada has her address; newcomers come later."""
    settings.VERIFICATION_REQUIRED = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    User.objects.filter(pk=ada.pk).update(verified_at=timezone.now())
    cache.clear()


def proof_in(mail: Any) -> str:
    [proof] = re.findall(r"/new-address/(\S+)/\n", mail.body)
    return str(proof)


def proof_for(player: User) -> str:
    return link_to(player, player.address).split("/new-address/")[1].rstrip("/")


def without_names(text: str, *names: str) -> str:
    for name in names:
        text = text.replace(name, "~")
    # What is other each time.
    return re.sub(r'csrfmiddlewaretoken" value="[^"]+|nonce="[^"]+|[?&]v=\w+|"date_joined":"[^"]+"', "", text)


def test_the_answer_is_the_same_whoever_has_the_address(new_client: Callable[[], APIClient]) -> None:
    """The answers to a registration, and to the new account's later requests, do not depend on the address."""
    told = []
    for name, address in (("eve", ADAS), ("liz", "nobody@example.org")):
        api = new_client()
        made = api.post(REGISTER, {"username": name, "email": address, "password": OTHER_PASSWORD})
        signed = bearer(made.json()["access"])
        replies = [
            made,
            api.get(ME, **signed),
            api.patch(ME, {"email": address, "theme": "dark"}, **signed),
            api.post("/api/v1/auth/verification", **signed),
            api.post(TOKEN, {"username": address, "password": OTHER_PASSWORD}),
            api.post("/api/v1/auth/password/reset", {"email": address}),
        ]
        parts = [(reply.status_code, without_names(reply.content.decode(), name, address)) for reply in replies[1:]]
        told.append([(made.status_code, sorted(made.json()), made.json()["account"]["email"] == address), *parts])
        assert [reply.status_code for reply in replies] == [201, 200, 200, 202, 401, 202]
    assert told[0] == told[1]


def test_so_are_the_pages(new_browser: Callable[..., Client]) -> None:
    shown = []
    for name, address in (("eve", ADAS), ("liz", "nobody@example.org")):
        browser = new_browser()
        made = browser.post(PAGE, {"username": name, "email": address, "password": OTHER_PASSWORD})
        account = browser.get("/account/").content.decode()
        assert address in account
        shown.append((made.status_code, made["Location"], "not verified yet" in account))
    assert shown == [(302, "/", True)] * 2


def test_the_doors_do_not_look(api: APIClient, browser: Client) -> None:
    """Only the worker does, so that the time tells nothing either."""
    with (
        patch("accounts.mail.new_address.send_address_mail_later.delay") as left,
        CaptureQueriesContext(connection) as asked,
    ):
        assert api.post(REGISTER, EVE).status_code == 201
        assert browser.post(PAGE, {**EVE, "username": "liz"}).status_code == 302
    assert left.call_count == 2
    looked = [query["sql"] for query in asked if "ada@example.org" in query["sql"].lower()]
    assert [sql.split()[0] for sql in looked] == ["INSERT", "INSERT"]


def test_the_owner_hears_of_it_and_the_claim_comes_to_nothing(
    api: APIClient, browser: Client, ada: User, mailoutbox: list[Any]
) -> None:
    assert api.post(REGISTER, EVE).status_code == 201

    [mail] = mailoutbox
    assert (mail.to, mail.subject) == ([ADAS], "Biome Exchange: your e-mail address was named")
    assert "/new-address/" not in mail.body
    eve = User.objects.get(username="eve")
    assert (eve.email, eve.claimed_email, eve.verified_at) == (None, "ADA@example.org", None)
    # Even a link, which nobody is sent, makes it nobody else's.
    assert browser.post(f"/new-address/{proof_for(eve)}/").status_code == 400
    with pytest.raises(AddressTaken):
        verify(player_id=eve.pk, now=timezone.now())
    eve.refresh_from_db()
    assert (eve.email, eve.verified_at) == (None, None)
    assert User.objects.get(pk=ada.pk).email == ADAS


def test_nobody_signs_in_by_what_is_merely_claimed(api: APIClient, mailoutbox: list[Any]) -> None:
    """Nor has a new password mailed to it: by the address one reaches whose it is, and no other."""
    register_player(**EVE)
    mailoutbox.clear()

    assert codes_of(api.post(TOKEN, {"username": ADAS, "password": OTHER_PASSWORD})) == [("no_active_account", None)]
    owner = api.post(TOKEN, {"username": ADAS, "password": PASSWORD})
    assert api.get(ME, **bearer(owner.json()["access"])).json()["username"] == "ada"
    assert api.post(TOKEN, {"username": "eve", "password": OTHER_PASSWORD}).status_code == 200
    assert send_reset_mail(address="Ada@example.org")
    assert [(mail.to, "ada" in mail.body, "eve" in mail.body) for mail in mailoutbox] == [([ADAS], True, False)]


def test_a_claimed_address_is_reached_by_nothing(api: APIClient, mailoutbox: list[Any]) -> None:
    register_player(username="liz", email="liz@example.org", password=PASSWORD)
    mailoutbox.clear()

    assert not send_reset_mail(address="liz@example.org")
    assert api.post(TOKEN, {"username": "liz@example.org", "password": PASSWORD}).status_code == 401
    assert mailoutbox == []


def test_the_link_makes_it_the_players(api: APIClient, browser: Client, mailoutbox: list[Any]) -> None:
    register_player(username="liz", email="liz@Example.ORG", password=PASSWORD)
    [mail] = mailoutbox
    assert (mail.to, mail.subject) == (["liz@example.org"], "Biome Exchange: confirm your e-mail address")

    assert browser.post(f"/new-address/{proof_in(mail)}/").status_code == 302

    liz = User.objects.get(username="liz")
    assert (liz.email, liz.claimed_email, liz.verified_at is not None) == ("liz@example.org", "", True)
    assert api.post(TOKEN, {"username": "LIZ@example.org", "password": PASSWORD}).status_code == 200
    assert len(mailoutbox) == 1


def test_another_address_can_be_claimed_instead(browser: Client, mailoutbox: list[Any]) -> None:
    """As by who mistyped it."""
    liz = register_player(username="liz", email="lizz@example.org", password=PASSWORD)
    mailoutbox.clear()
    browser.force_login(liz)
    form = {"display_name": "Liz", "email": "liz@example.org", "current_password": PASSWORD}
    assert browser.post("/account/profile/", form).status_code == 302

    [mail] = mailoutbox
    assert browser.post(f"/new-address/{proof_in(mail)}/").status_code == 302

    liz.refresh_from_db()
    assert (liz.email, liz.claimed_email, liz.verified_at is not None) == ("liz@example.org", "", True)


def test_the_same_profile_claims_nothing_else(browser: Client) -> None:
    liz = register_player(username="liz", email="liz@example.org", password=PASSWORD)
    browser.force_login(liz)

    assert browser.post("/account/profile/", {"display_name": "Liz", "email": "LIZ@example.org"}).status_code == 302

    liz.refresh_from_db()
    assert (liz.display_name, liz.email, liz.claimed_email) == ("Liz", None, "liz@example.org")


def test_of_two_at_once_the_first_to_confirm_has_it(
    new_client: Callable[[], APIClient], run_together: Callable[..., Any]
) -> None:
    forms = [
        {"username": name, "email": address, "password": PASSWORD}
        for name, address in (("liz", "two@example.org"), ("mia", "TWO@example.org"))
    ]
    replies = run_together([partial(new_client().post, REGISTER, form) for form in forms])
    assert [reply.status_code for reply in replies] == [201, 201]
    claims = [proof_for(player) for player in User.objects.filter(username__in=["liz", "mia"])]

    def confirm(proof: str) -> str:
        try:
            return confirm_address(proof=proof, now=timezone.now()).username
        except AddressLinkInvalid:
            return ""

    confirmed = run_together([partial(confirm, proof) for proof in claims])

    [winner] = [name for name in confirmed if name]
    assert list(User.objects.filter(email__iexact="two@example.org").values_list("username", flat=True)) == [winner]
    loser = User.objects.exclude(username=winner).get(username__in=["liz", "mia"])
    assert (loser.email, loser.verified_at) == (None, None)


@pytest.mark.parametrize("door", ["api", "page"])
def test_where_none_is_verified_a_taken_address_is_refused(
    api: APIClient, browser: Client, settings: Any, door: str
) -> None:
    settings.VERIFICATION_REQUIRED = False
    if door == "api":
        assert codes_of(api.post(REGISTER, EVE)) == [("unique", "email")]
    else:
        assert browser.post(PAGE, EVE).context["form"].errors == {"email": ["Another player has this address."]}
    assert not User.objects.filter(username="eve").exists()


def test_where_none_is_verified_an_address_counts_at_once(settings: Any, api: APIClient) -> None:
    settings.VERIFICATION_REQUIRED = False
    liz = register_player(username="liz", email="liz@example.org", password=PASSWORD)

    assert (liz.email, liz.claimed_email) == ("liz@example.org", "")
    assert api.post(TOKEN, {"username": "liz@example.org", "password": PASSWORD}).status_code == 200


def test_administrators_see_what_is_claimed(client: Client, ada: User) -> None:
    eve = register_player(**EVE)
    client.force_login(User.objects.create_superuser("root", "root@example.org"))

    listed = client.get("/admin/accounts/user/", {"q": "ada@example.org"}).content.decode()
    refused = client.post(f"/admin/accounts/user/{eve.pk}/verify/", {"reason": "Says so."}).content.decode()

    assert "ADA@example.org (claimed)" in listed
    assert "The address that this player claims is another account" in refused
    assert User.objects.get(pk=eve.pk).verified_at is None
