"""The starting grant is posted once: at registration, at verification, and by a command for those without."""

from __future__ import annotations

from datetime import datetime
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from accounts.mail.verification import verify
from accounts.models import User
from accounts.registration import register_player
from tests.fixtures import RunTogether
from trading.ledger.posting import GRANT_REASON
from trading.models import Transaction, Wallet
from trading.wallets.starting_grants import post_missing_grants
from trading.wallets.wallets import ensure_wallet, wallet_or_empty

BDT = 1_000_000
ADA = {"username": "ada", "email": "ada@example.org", "password": "a long new one"}

pytestmark = pytest.mark.usefixtures("markets")


@pytest.fixture(autouse=True)
def granted(settings: Any) -> None:
    settings.STARTING_GRANT_BDT = 1_000


def grants_of(player: User) -> list[int]:
    grants = Transaction.objects.filter(payee=player, kind="topup", reason=GRANT_REASON)
    return list(grants.values_list("amount_micro", flat=True))


def ran(*options: str) -> str:
    out = StringIO()
    call_command("post_starting_grants", *options, stdout=out)
    return out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_registration_posts_it() -> None:
    ada = register_player(**ADA)
    assert grants_of(ada) == [1_000 * BDT]
    assert Wallet.objects.get(pk=ada.pk).balance_micro == 1_000 * BDT
    call_command("check_ledger")


def test_a_refused_registration_posts_nothing() -> None:
    register_player(**ADA)
    with pytest.raises(ValidationError):
        register_player(**ADA)
    assert Transaction.objects.count() == 1


def test_where_verification_is_required_it_waits_for_it(
    settings: Any, now: datetime, django_capture_on_commit_callbacks: Any
) -> None:
    settings.VERIFICATION_REQUIRED = True
    ada = register_player(**ADA)
    assert (grants_of(ada), ran()) == ([], "0 starting grants were posted.\n")
    with django_capture_on_commit_callbacks(execute=True):
        verify(player_id=ada.pk, now=now)
    assert (grants_of(ada), ran()) == ([1_000 * BDT], "0 starting grants were posted.\n")


def test_without_a_grant_no_wallet_is_opened(settings: Any) -> None:
    settings.STARTING_GRANT_BDT = 0
    register_player(**ADA)
    assert (Wallet.objects.exists(), ran()) == (False, "0 starting grants were posted.\n")


def test_reading_a_wallet_opens_none(alice: User) -> None:
    wallet = wallet_or_empty(player_id=alice.pk)
    assert (wallet.balance_micro, wallet.held_micro, Wallet.objects.exists()) == (0, 0, False)


@pytest.mark.django_db(transaction=True)
def test_the_command_posts_missing_ones_once(alice: User, bob: User, settings: Any, now: datetime) -> None:
    settings.STARTING_GRANT_BDT = 0
    ensure_wallet(player_id=bob.pk, now=now)
    User.objects.create_user("gone", "gone@example.org", is_active=False)
    settings.STARTING_GRANT_BDT = 1_000

    assert ran("--only-without-wallet", "--batch-size", "1") == "1 starting grants were posted.\n"
    assert (grants_of(alice), grants_of(bob)) == ([1_000 * BDT], [])
    assert ran("--batch-size", "1") == "1 starting grants were posted.\n"
    assert ran() == "0 starting grants were posted.\n"
    assert (grants_of(alice), grants_of(bob)) == ([1_000 * BDT], [1_000 * BDT])
    call_command("check_ledger")


@pytest.mark.django_db(transaction=True)
def test_the_command_and_a_verification_at_once_post_one(
    settings: Any, alice: User, now: datetime, run_together: RunTogether
) -> None:
    settings.VERIFICATION_REQUIRED = True
    ada = register_player(**ADA)

    def command() -> int:
        return post_missing_grants(now=now, batch_size=10)

    def verified() -> User:
        return verify(player_id=ada.pk, now=now)

    run_together([command, verified, command, verified])
    assert grants_of(ada) == [1_000 * BDT]
    call_command("check_ledger")


@pytest.mark.django_db(transaction=True)
def test_the_command_twice_and_a_first_use_at_once_post_one(
    alice: User, now: datetime, run_together: RunTogether
) -> None:
    def command() -> int:
        return post_missing_grants(now=now, batch_size=10)

    def first_use() -> Wallet:
        return ensure_wallet(player_id=alice.pk, now=now)

    run_together([command, first_use, command, first_use])
    assert grants_of(alice) == [1_000 * BDT]
    call_command("check_ledger")


@pytest.mark.django_db(transaction=True)
def test_the_command_beside_registrations_posts_one_each(now: datetime, run_together: RunTogether) -> None:
    def register(number: int) -> User:
        return register_player(username=f"p{number}", email=f"p{number}@example.org", password="a long new one")

    def command() -> int:
        return post_missing_grants(now=now, batch_size=10)

    run_together([lambda: register(1), command, lambda: register(2), command])
    command()
    assert [grants_of(player) for player in User.objects.order_by("pk")] == [[1_000 * BDT]] * 2
    call_command("check_ledger")
