"""Concurrent uses of one wallet with too little money for all, and of wallets that are opened meanwhile.

Each race has a control that shows it with the lock off.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, OperationalError

from accounts.models import User
from attention.biomes import Biome
from core.errors import InsufficientFunds
from marketplace.models import Bid, Land
from marketplace.sales.auctions import place_bid
from marketplace.sales.ownership import give_land
from marketplace.tests.conftest import BDT, Fund, Offering, broken_invariants, money
from marketplace.tests.rivals import meet_after, unlock
from markets.models import Market
from tests.fixtures import WAIT_SECS, Interpose, RunTogether, StartThread, UntilBlocked
from trading.locks import LockedForBuy, wallets_locked
from trading.models import Transaction, Wallet
from trading.orders.market_orders import buy_shares
from trading.wallets.wallets import top_up, transfer, wallet_for_writing

pytestmark = pytest.mark.django_db(transaction=True)

Act = Callable[[], Any]


@pytest.fixture
def wishes(offered: Offering, alice: User, bob: User, now: datetime) -> list[Act]:
    """Return the actions by which Bob buys shares, bids on Alice's parcel and sends her money: 300 BDT for each."""
    listing = offered()
    amount_micro = 300 * BDT
    by_bob = {"player_id": bob.pk, "now": now}
    return [
        lambda: buy_shares(operation=uuid4(), biome=Biome.OCEAN, spend_micro=amount_micro, **by_bob),
        lambda: place_bid(operation=uuid4(), listing_id=listing.pk, bidder_id=bob.pk, max_micro=amount_micro, now=now),
        lambda: transfer(operation=uuid4(), payee_id=alice.pk, amount_micro=amount_micro, reason="", **by_bob),
    ]


@pytest.mark.parametrize(("funds_bdt", "granted"), [(299, 0), (500, 1), (899, 2), (900, 3)])
def test_one_wallet_pays_what_it_can_and_no_more(
    wishes: list[Act], fund: Fund, bob: User, run_together: RunTogether, funds_bdt: int, granted: int
) -> None:
    fund(funds_bdt, bob)

    results = run_together(wishes)

    assert sum(isinstance(result, Transaction | Bid) for result in results) == granted
    assert sum(isinstance(result, InsufficientFunds) for result in results) == 3 - granted
    wallet = Wallet.objects.get(pk=bob.pk)
    bid = results[1]
    assert wallet.held_micro == (300 * BDT if isinstance(bid, Bid) else 0)
    # What buys shares takes its 300 but for some micro-BDT.
    left_bdt = wallet.balance_micro / BDT - (funds_bdt - 300 * granted)
    assert 0 <= left_bdt < 1
    assert broken_invariants() == []


def test_control_without_the_wallet_s_lock_all_are_granted_by_what_they_read(
    wishes: list[Act], fund: Fund, bob: User, run_together: RunTogether, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the wallet's lock, only the database's own constraint keeps the balance from going below zero."""
    fund(500, bob)
    readers = (
        "trading.orders.market_orders.locked_for_buy", "trading.wallets.wallets.wallets_for_writing",
        "marketplace.sales.auctions.players_wallets_locked",
    )  # fmt: skip
    monkeypatch.setattr(
        readers[0],
        lambda *, player_id, biome: LockedForBuy(
            Wallet.objects.get(pk=player_id).balance_micro, Market.objects.get(pk=biome)
        ),
    )
    unlock(monkeypatch, *readers[1:])
    meet_after(monkeypatch, *readers, rivals=3)

    results = run_together(wishes)

    assert sum(isinstance(result, Transaction | Bid) for result in results) == 1
    refused = [result for result in results if isinstance(result, IntegrityError)]
    assert len(refused) == 2
    assert all("not_negative" in str(refusal) for refusal in refused)


@pytest.mark.usefixtures("no_land_fee")
def test_to_open_a_wallet_has_its_place_in_the_order(
    alice: User, bob: User, own: Callable[..., None], land: Land, now: datetime, run_before: Interpose,
    in_thread: StartThread,
) -> None:  # fmt: skip
    """Bob gives to Alice, who has no wallet yet; hers is opened and used by others before his gift can open it."""
    own(bob, land)

    def rivals() -> None:
        in_thread(lambda: _top_up(alice, now)).result(WAIT_SECS)
        in_thread(lambda: _send_bob_money(alice, bob, now)).result(WAIT_SECS)

    run_before("trading.ledger.posting.open_wallet", rivals)
    _give(bob, land, alice, now)

    assert (money(alice), money(bob)) == ((4, 0), (1, 0))
    assert broken_invariants() == []


@pytest.mark.usefixtures("no_land_fee")
def test_control_when_higher_keys_are_locked_before_it_is_opened_it_is_a_deadlock(
    alice: User, bob: User, own: Callable[..., None], land: Land, now: datetime, run_before: Interpose,
    in_thread: StartThread, until_blocked: UntilBlocked, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    own(bob, land)
    monkeypatch.setattr("marketplace.sales.ownership.players_wallets_locked", _opened_after_the_others)
    sent: list[Any] = []

    def rivals() -> None:
        in_thread(lambda: _top_up(alice, now)).result(WAIT_SECS)
        sent.append(in_thread(lambda: _send_bob_money(alice, bob, now)))
        until_blocked()

    run_before("trading.ledger.posting.open_wallet", rivals)
    with pytest.raises(OperationalError, match="deadlock"):  # noqa: PT012  # whichever of the two it is
        _give(bob, land, alice, now)
        sent[0].result(WAIT_SECS)


def _opened_after_the_others(player_ids: list[int], *, now: datetime) -> dict[int, Wallet]:
    wallets = wallets_locked(player_ids=player_ids)
    for missing in set(player_ids) - set(wallets):
        wallets[missing] = wallet_for_writing(player_id=missing, now=now)
    return wallets


def _give(player: User, land: Land, receiver: User, now: datetime) -> None:
    give_land(operation=uuid4(), player_id=player.pk, land_id=land.pk, receiver_id=receiver.pk, reason="", now=now)


def _top_up(alice: User, now: datetime) -> None:
    request = {"initiator_id": alice.pk, "player_id": alice.pk, "amount_micro": 5 * BDT, "reason": "for the story"}
    top_up(operation=uuid4(), now=now, **request)


def _send_bob_money(alice: User, bob: User, now: datetime) -> None:
    transfer(operation=uuid4(), player_id=alice.pk, payee_id=bob.pk, amount_micro=BDT, reason="", now=now)
