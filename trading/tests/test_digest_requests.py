"""The digest of a request stays the same across deployments, and that of version 0.1.0 is still recognised."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest

from accounts.models import User
from attention.biomes import Biome
from core.errors import IdempotencyConflict
from trading.ledger.requests import Request
from trading.models import Transaction
from trading.orders.market_orders import buy_shares, sell_shares
from trading.orders.requests import buy_request, sale_request
from trading.pricing.quotes import NO_LIMIT, Limit
from trading.tests.conftest import BDT, SHARE
from trading.wallets.wallets import refund_transfer, top_up, transfer, withdraw

OPERATION = UUID("00000000-0000-4000-8000-000000000012")
BUY = {"biome": Biome.OCEAN, "spend_micro": 10 * BDT, "shares_micro": None, "limit": NO_LIMIT}
NO_FIELDS = "Limit(least_shares_micro=None, least_proceeds_micro=None, worst_price_micro=None)"

#: Requests, and the digests that the code of version 0.1.0 made of them under OPERATION.
OF_0_1_0 = [
    (buy_request(**BUY), "cfbc8044-4d7e-501b-9d19-7a93baca8f3f"),  # type: ignore[arg-type]
    (
        buy_request(
            biome=Biome.OCEAN,
            spend_micro=None,
            shares_micro=3 * SHARE,
            limit=Limit(least_shares_micro=5, worst_price_micro=7),
        ),
        "5474af25-db72-5a1c-a371-627485b3c717",
    ),
    (
        sale_request(biome=Biome.SNOW, shares_micro=3 * SHARE, receive_micro=None, limit=Limit(least_proceeds_micro=9)),
        "0b863018-dad4-5a17-b3b2-227ac828f1dc",
    ),
    (
        sale_request(biome=Biome.SNOW, shares_micro=None, receive_micro=3 * BDT, limit=NO_LIMIT),
        "bf59880e-dc89-54e1-bfa9-742b85169d42",
    ),
    (
        Request("topup", {"player": 7, "amount_micro": 5 * BDT, "reason": 'It\'s a "gift"'}),
        "9f8c7eac-9633-5d37-bce3-80de272e1ada",
    ),
    (
        Request("transfer", {"payee": 7, "amount_micro": 5 * BDT, "reason": "thanks, é\n"}),
        "591eba0c-be7b-5822-98e8-8fcecb6a93c3",
    ),
    (Request("buy from world", {"land": 4, "most_micro": None}), "4709c92a-4f00-5e44-937a-75eea2a1f847"),
]


@pytest.mark.parametrize(("request_", "digest"), OF_0_1_0)
def test_the_digest_of_version_0_1_0_is_recognised(request_: Request, digest: str) -> None:
    assert request_.former_digest(OPERATION) == UUID(digest)


def test_the_digest_is_of_the_name_and_the_plain_fields() -> None:
    expected = uuid5(OPERATION, '[2,"buy",{"biome":"ocean","spend_micro":10000000}]')
    asked = buy_request(**BUY)  # type: ignore[arg-type]
    assert asked.digest(OPERATION) == expected
    # Neither the order of the fields nor a new one that is not used changes it.
    others = dict(reversed(asked.fields.items())) | {"added_later": None}
    assert replace(asked, fields=others).digest(OPERATION) == expected
    assert replace(asked, name="sell").digest(OPERATION) != expected


def test_fields_are_plain() -> None:
    with pytest.raises(TypeError, match="buy: biome is no plain value"):
        Request("buy", {"biome": Biome.OCEAN})


@pytest.mark.usefixtures("markets")
@pytest.mark.parametrize("kind", ["buy", "sale", "topup", "withdrawal", "transfer", "refund"])
def test_a_request_that_version_0_1_0_carried_out_is_replayed(
    kind: str,
    alice: User,
    bob: User,
    root: User,
    hold: Any,
    state: Any,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hold(alice, 10)
    sent = transfer(operation=uuid4(), player_id=alice.pk, payee_id=bob.pk, amount_micro=BDT, reason="", now=now)
    operation, to = uuid4(), {"player_id": alice.pk, "now": now}
    money = {"initiator_id": root.pk, "amount_micro": BDT, "reason": "back"}
    # The texts are those that version 0.1.0 digested.
    act, asked, text = {
        "buy": (
            buy_shares,
            {**to, "biome": Biome.OCEAN, "spend_micro": BDT},
            f"('buy', 'ocean', {BDT}, None, {NO_FIELDS})",
        ),
        "sale": (
            sell_shares,
            {**to, "biome": Biome.OCEAN, "shares_micro": SHARE},
            f"('sell', 'ocean', {SHARE}, {NO_FIELDS})",
        ),
        "topup": (top_up, {**to, **money}, f"('topup', {alice.pk}, {BDT}, 'back')"),
        "withdrawal": (withdraw, {**to, **money}, f"('withdrawal', {alice.pk}, {BDT}, 'back')"),
        "transfer": (
            transfer,
            {**to, "payee_id": bob.pk, "amount_micro": 2 * BDT, "reason": "hi"},
            f"('transfer', {bob.pk}, {2 * BDT}, 'hi')",
        ),
        "refund": (
            refund_transfer,
            {"administrator_id": root.pk, "transaction_id": sent.pk, "reason": "no", "now": now},
            f"('refund', {sent.pk}, 'no')",
        ),
    }[kind]
    with written_with(monkeypatch, text):
        first = act(operation=operation, **asked)  # type: ignore[operator]
    before = state()

    again = act(operation=operation, **asked)  # type: ignore[operator]

    assert (again.pk, again.is_replay, state()) == (first.pk, True, before)


@pytest.mark.usefixtures("markets")
def test_another_request_of_version_0_1_0_is_a_conflict(
    alice: User, root: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"operation": uuid4(), "initiator_id": root.pk, "player_id": alice.pk, "reason": "back", "now": now}
    with written_with(monkeypatch, f"('topup', {alice.pk}, {BDT}, 'back')"):
        top_up(amount_micro=BDT, **asked)  # type: ignore[arg-type]
    with pytest.raises(IdempotencyConflict):
        top_up(amount_micro=2 * BDT, **asked)  # type: ignore[arg-type]
    assert Transaction.objects.count() == 1


@contextmanager
def written_with(monkeypatch: pytest.MonkeyPatch, text: str) -> Iterator[None]:
    """Let requests be kept with the digest that version 0.1.0 made of this text."""
    with monkeypatch.context() as patched:
        patched.setattr(Request, "digest", lambda _, operation: uuid5(operation, text))
        yield
