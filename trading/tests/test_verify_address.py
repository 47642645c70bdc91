"""Before an address is verified there is no grant, no attention, and no transfer to others."""

import re
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.utils import timezone

from accounts.mail.verification import verify
from accounts.models import User
from accounts.registration import register_player
from accounts.tests.cast import ME, PASSWORD, REGISTER, bearer

# Fixtures: clients of the API and of pages.
from accounts.tests.conftest import api as api
from accounts.tests.conftest import browser as browser
from accounts.tests.conftest import mails_at_once as mails_at_once
from accounts.tests.conftest import new_browser as new_browser
from accounts.tests.conftest import new_client as new_client
from core.errors import NotVerified
from trading.models import Transaction, Wallet
from trading.wallets.wallets import ensure_wallet, top_up, transfer

BDT = 1_000_000
GRACE = {"username": "grace", "email": "grace@example.org", "password": PASSWORD}
ATTENTION = "/api/v1/biome-market/track-attention"
TRANSFER = "/api/v1/wallet/transfer"
AGAIN = "/api/v1/auth/verification"


@pytest.fixture(autouse=True)
def strict(settings, markets, mails_at_once):
    settings.VERIFICATION_REQUIRED = True
    settings.STARTING_GRANT_BDT = 1_000
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    cache.clear()


@pytest.fixture
def grace(api, mailoutbox, django_capture_on_commit_callbacks):
    """Register a newcomer over the API; the mail is in the box."""
    with django_capture_on_commit_callbacks(execute=True):
        reply = api.post(REGISTER, GRACE)
    api.credentials(**bearer(reply.json()["access"]))
    return User.objects.get(username="grace")


def balance(player) -> int:
    return Wallet.objects.get(pk=player.pk).balance_micro


def codes(reply) -> tuple[int, list[str]]:
    return reply.status_code, [error["code"] for error in reply.json()["errors"]]


def funded(player, now):
    top_up(operation=uuid4(), initiator_id=player.pk, player_id=player.pk, amount_micro=BDT, reason="x", now=now)


def test_a_newcomer_gets_a_link_and_nothing_else_before(api, grace, alice, mailoutbox, now):
    assert [mail.to for mail in mailoutbox] == [["grace@example.org"]]
    assert api.get(ME).json()["verified_at"] is None
    assert ensure_wallet(player_id=grace.pk, now=now).balance_micro == 0
    funded(grace, now)
    before = Transaction.objects.count()

    assert codes(api.post(ATTENTION, {"biome": "ocean", "points": 1})) == (403, ["not_verified"])
    assert codes(api.post(TRANSFER, {"to": "alice", "amount": "1"})) == (403, ["not_verified"])
    with pytest.raises(NotVerified):
        transfer(operation=uuid4(), player_id=grace.pk, payee_id=alice.pk, amount_micro=1, reason="", now=now)

    assert (Transaction.objects.count(), balance(grace)) == (before, BDT)


def test_the_link_verifies_and_the_grant_is_posted(browser, grace, mailoutbox, now, django_capture_on_commit_callbacks):
    ensure_wallet(player_id=grace.pk, now=now)
    link = re.search(r"https?://[^/]+(/\S+)", mailoutbox[0].body).group(1)

    assert browser.get(link).status_code == 200
    assert balance(grace) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert browser.post(link).status_code == 302

    grace.refresh_from_db()
    assert grace.verified_at is not None
    assert balance(grace) == 1_000 * BDT
    assert len(mailoutbox) == 1


def test_then_attention_and_transfers_count(api, grace, alice, now, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        verify(player_id=grace.pk, now=now)

    assert ensure_wallet(player_id=grace.pk, now=now).balance_micro == 1_000 * BDT
    assert api.post(ATTENTION, {"biome": "ocean", "points": 1}).status_code == 200
    assert api.post(TRANSFER, {"to": "alice", "amount": "1"}).status_code == 201


def test_the_grant_is_posted_once(grace, now, django_capture_on_commit_callbacks):
    ensure_wallet(player_id=grace.pk, now=now)
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            verify(player_id=grace.pk, now=now)
        User.objects.filter(pk=grace.pk).update(verified_at=None)

    assert balance(grace) == 1_000 * BDT


def test_the_link_can_be_sent_again(api, browser, grace, mailoutbox):
    cache.clear()
    assert api.post(AGAIN).status_code == 202
    assert len(mailoutbox) == 2
    assert api.post(AGAIN).status_code == 202
    browser.force_login(grace)
    assert browser.post("/account/verification/").status_code == 302
    # No address gets two within a minute.
    assert len(mailoutbox) == 2


def test_asking_for_it_is_limited(api, grace, monkeypatch):
    monkeypatch.setattr("core.web.rate_limits.PasswordResetThrottle.rate", "1/hour", raising=False)

    assert [api.post(AGAIN).status_code for _ in range(2)] == [202, 429]


def test_pages_say_what_to_do(browser, grace):
    browser.force_login(grace)

    page = browser.get("/account/").content.decode()
    form = {"to": "grace", "amount": "1", "note": "", "operation": uuid4()}

    assert "Your address is not verified yet" in page
    assert 'action="/account/verification/"' in page
    User.objects.filter(pk=grace.pk).update(verified_at=timezone.now())
    assert "not verified yet" not in browser.get("/account/").content.decode()
    assert browser.post("/transfer/", form).status_code == 400


def test_an_administrator_may_say_so_with_permission_and_reason(
    client, grace, alice, now, django_capture_on_commit_callbacks
):
    address = f"/admin/accounts/user/{grace.pk}/verify/"
    alice.is_staff = True
    alice.save()
    client.force_login(alice)
    assert client.post(address, {"reason": "Met in person."}).status_code == 403
    alice.user_permissions.set(Permission.objects.filter(codename__in=["verify_player", "view_user", "change_user"]))

    assert client.post(address, {"reason": ""}).status_code in (200, 400)
    grace.refresh_from_db()
    assert grace.verified_at is None
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(address, {"reason": "Met in person."}).status_code == 302

    grace.refresh_from_db()
    assert grace.verified_at is not None


def test_where_it_is_not_asked_for_a_newcomer_goes_at_once(settings, db, alice, now, mailoutbox):
    settings.VERIFICATION_REQUIRED = False
    grace = register_player(**GRACE)

    assert ensure_wallet(player_id=grace.pk, now=now).balance_micro == 1_000 * BDT
    transfer(operation=uuid4(), player_id=grace.pk, payee_id=alice.pk, amount_micro=BDT, reason="", now=now)
    assert (grace.verified_at, mailoutbox) == (None, [])


def test_sockets_ask_for_it_too(grace, alice, settings):
    from attention.biomes import Biome
    from attention.meter import Asked
    from markets.redistribution.attention import track_attention_together

    User.objects.filter(pk=alice.pk).update(verified_at=timezone.now())
    unverified, verified, nobody = track_attention_together(
        [Asked(grace.pk, {Biome.OCEAN: 1}), Asked(alice.pk, {Biome.OCEAN: 1}), Asked(0, {Biome.OCEAN: 1})]
    )

    assert isinstance(unverified, NotVerified)
    assert verified.accepted_points == 1
    assert nobody is None
