"""Transactions in any number, as the ledger would have written them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from accounts.models import User
from trading.models import Kind, Transaction
from trading.tests.conftest import BDT

PARTIES = {Kind.BIOME_BUY: ("payer",), Kind.BIOME_SELL: ("payee",), Kind.TOPUP: ("payee",), Kind.WITHDRAWAL: ("payer",)}
TRADED = {"shares_micro": BDT, "cash_before_micro": 1_000 * BDT}
TRADES = {
    Kind.BIOME_BUY: TRADED | {"cash_after_micro": 1_098 * BDT, "fee_micro": 2 * BDT, "market_id": "ocean"},
    Kind.BIOME_SELL: TRADED
    | {"cash_after_micro": 900 * BDT, "fee_micro": 2 * BDT, "market_id": "ocean", "basis_micro": 90 * BDT},
}


def write(player: User, at: datetime, kind: Kind = Kind.TOPUP, **fields: Any) -> Transaction:
    """Write one transaction of 100 BDT, with no effect on wallets."""
    [written] = write_many(player, at, kind, number=1, **fields)
    return written


def write_many(player: User, at: datetime, kind: Kind = Kind.TOPUP, *, number: int, **fields: Any) -> list[Transaction]:
    """Write transactions of 100 BDT, a second apart."""
    parties = dict.fromkeys(PARTIES.get(kind, ()), player)
    common = {"kind": kind, "initiator": player, "amount_micro": 100 * BDT, **TRADES.get(kind, {}), **parties, **fields}
    return Transaction.objects.bulk_create(
        Transaction(at=at + timedelta(seconds=second), operation=uuid4(), request_digest=uuid4(), **common)
        for second in range(number)
    )
