"""The database's own constraints refuse wrong rows: everything here is raw SQL."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import Error, IntegrityError, connection, transaction

from accounts.models import User
from attention.biomes import Biome
from markets.models import Market
from trading.models import Holding, Kind, Transaction, Wallet

pytestmark = pytest.mark.usefixtures("land_seven")

BIOME = {"market_id": "ocean", "shares_micro": 5, "cash_before_micro": 1000}
LAND = {"payer_id": "alice", "payee_id": "bob", "fee_micro": 5, "land_id": 7, "listing_id": 8}

#: A row of each kind that the database accepts; 100 micro-BDT where nothing else is said.
ROWS: dict[str, dict[str, Any]] = {
    Kind.BIOME_BUY: {"payer_id": "alice", "fee_micro": 2, **BIOME, "cash_after_micro": 1098},
    Kind.BIOME_SELL: {"payee_id": "alice", "fee_micro": 2, **BIOME, "cash_after_micro": 900, "basis_micro": 90},
    Kind.FIXED_PRICE: LAND,
    Kind.BUY_NOW: LAND,
    Kind.AUCTION: LAND,
    Kind.GIFT: {"payer_id": "alice", "payee_id": "bob", "land_id": 7, "amount_micro": 0},
    Kind.TRANSFER: {"payer_id": "alice", "payee_id": "bob"},
    Kind.TOPUP: {"payee_id": "alice"},
    Kind.WITHDRAWAL: {"payer_id": "alice"},
    Kind.ADJUSTMENT: {"payee_id": "alice", "reason": "A gift."},
    Kind.REFUND: {"payee_id": "alice", "reason": "A mistake.", "corrects_id": "first"},
}

COLUMNS = "id, at, kind, initiator_id, operation, request_digest, payee_id, amount_micro, fee_micro, reason"


def run(sql: str, values: list[Any] | None = None) -> Any:
    """Run one statement in a savepoint, with every check made at once; returns the first column of the first row, if
    any.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(sql, values)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


@pytest.fixture
def append(alice: User, bob: User, now: Any) -> Any:
    """Append a transaction of a kind, with some of its fields changed, and return its id."""
    references = {"alice": alice.pk, "bob": bob.pk}

    def insert(kind: str, **changes: Any) -> int:
        row = {
            "kind": kind,
            "at": now,
            "initiator_id": alice.pk,
            "operation": uuid4(),
            "request_digest": uuid4(),
            "amount_micro": 100,
            "fee_micro": 0,
            "reason": "",
            **ROWS.get(kind, {}),
            **changes,
        }
        if row.get("corrects_id") == "first":
            row["corrects_id"] = insert(Kind.TOPUP)
        columns, places = ", ".join(row), ", ".join(["%s"] * len(row))
        values = [references.get(value, value) if isinstance(value, str) else value for value in row.values()]
        return run(f"INSERT INTO transactions ({columns}) VALUES ({places}) RETURNING id", values)

    return insert


class TestTransactions:
    @pytest.mark.parametrize(
        ("kind", "source"),
        [
            (Kind.BIOME_BUY, "biome"),
            (Kind.BIOME_SELL, "biome"),
            (Kind.FIXED_PRICE, "marketplace"),
            (Kind.BUY_NOW, "marketplace"),
            (Kind.AUCTION, "marketplace"),
            (Kind.TRANSFER, "wallet"),
            (Kind.TOPUP, "wallet"),
            (Kind.WITHDRAWAL, "wallet"),
            (Kind.ADJUSTMENT, "wallet"),
            (Kind.REFUND, "wallet"),
        ],
    )
    def test_source_follows_from_the_kind(self, append, kind, source):
        assert run("SELECT source FROM transactions WHERE id = %s", [append(kind)]) == source

    def test_every_kind_has_a_row_here(self):
        assert set(ROWS) == set(Kind)

    @pytest.mark.parametrize("again", [Kind.FIXED_PRICE, Kind.BUY_NOW, Kind.AUCTION])
    def test_a_listing_is_sold_once(self, append, again):
        append(Kind.AUCTION)
        with pytest.raises(IntegrityError, match="transaction_one_sale_a_listing"):
            append(again)
        assert Transaction.objects.count() == 1

    def test_sales_without_a_listing_are_many(self, append):
        assert append(Kind.FIXED_PRICE, listing_id=None) < append(Kind.FIXED_PRICE, listing_id=None)

    def test_source_cannot_be_given(self, append):
        with pytest.raises(Error, match="generated column"):
            append(Kind.TRANSFER, source="biome")
        assert not Transaction.objects.exists()

    @pytest.mark.parametrize(
        ("kind", "changes"),
        [
            # The world itself sells land, and a listing is not always named.
            (Kind.AUCTION, {"payee_id": None}),
            (Kind.FIXED_PRICE, {"listing_id": None}),
            # The treasury takes as well as it gives.
            (Kind.ADJUSTMENT, {"payer_id": "alice", "payee_id": None}),
            (Kind.ADJUSTMENT, {"corrects_id": "first"}),
            # A fee may eat a sale whole, and shares may have cost nothing.
            (Kind.BIOME_SELL, {"fee_micro": 100}),
            (Kind.BIOME_SELL, {"basis_micro": 0}),
        ],
    )
    def test_what_must_be_possible(self, append, kind, changes):
        assert append(kind, **changes)

    @pytest.mark.parametrize(
        ("kind", "changes", "constraint"),
        [
            ("present", {"payee_id": "alice"}, "kind_known"),
            # Amounts
            (Kind.TRANSFER, {"amount_micro": 0}, "amounts_in_range"),
            (Kind.TRANSFER, {"amount_micro": -1}, "amounts_in_range"),
            (Kind.AUCTION, {"fee_micro": 101, "payee_id": None}, "amounts_in_range"),
            (Kind.AUCTION, {"fee_micro": -1}, "amounts_in_range"),
            (Kind.BIOME_BUY, {"fee_micro": 101, "cash_after_micro": 999}, "amounts_in_range"),
            (Kind.TRANSFER, {"fee_micro": 1}, "fee_for_trades"),
            (Kind.TOPUP, {"fee_micro": 1}, "fee_for_trades"),
            (Kind.WITHDRAWAL, {"fee_micro": 1}, "fee_for_trades"),
            (Kind.ADJUSTMENT, {"fee_micro": 1}, "fee_for_trades"),
            # A biome trade has its fields, and no other kind has one of them
            (Kind.BIOME_BUY, {"market_id": None}, "biome_fields_for_biome_kinds"),
            (Kind.BIOME_BUY, {"shares_micro": None}, "biome_fields_for_biome_kinds"),
            (Kind.BIOME_BUY, {"shares_micro": 0}, "biome_fields_for_biome_kinds"),
            (Kind.BIOME_SELL, {"shares_micro": -5}, "biome_fields_for_biome_kinds"),
            (Kind.BIOME_SELL, {"cash_before_micro": None}, "biome_fields_for_biome_kinds"),
            (Kind.BIOME_SELL, {"cash_after_micro": None}, "biome_fields_for_biome_kinds"),
            (Kind.TRANSFER, {"market_id": "ocean"}, "biome_fields_for_biome_kinds"),
            (Kind.AUCTION, {"shares_micro": 5}, "biome_fields_for_biome_kinds"),
            (Kind.TOPUP, {"cash_before_micro": 5}, "biome_fields_for_biome_kinds"),
            (Kind.TOPUP, {"cash_after_micro": 5}, "biome_fields_for_biome_kinds"),
            (Kind.BIOME_BUY, {"cash_after_micro": 1100}, "cash_follows_amount"),
            (Kind.BIOME_SELL, {"cash_after_micro": 902}, "cash_follows_amount"),
            (Kind.BIOME_SELL, {"basis_micro": None}, "basis_for_sales"),
            (Kind.BIOME_SELL, {"basis_micro": -1}, "basis_for_sales"),
            (Kind.BIOME_BUY, {"basis_micro": 90}, "basis_for_sales"),
            # A land sale has its land, and no other kind has one
            (Kind.BIOME_SELL, {"land_id": 7}, "land_fields_for_land_kinds"),
            (Kind.BIOME_BUY, {"listing_id": 8}, "land_fields_for_land_kinds"),
            (Kind.TRANSFER, {"land_id": 7}, "land_fields_for_land_kinds"),
            (Kind.FIXED_PRICE, {"land_id": None}, "land_fields_for_land_kinds"),
            (Kind.BUY_NOW, {"land_id": None}, "land_fields_for_land_kinds"),
            (Kind.AUCTION, {"land_id": None}, "land_fields_for_land_kinds"),
            (Kind.GIFT, {"land_id": None}, "land_fields_for_land_kinds"),
            # Only a gift is for nothing, and it has a giver
            (Kind.AUCTION, {"amount_micro": 0, "fee_micro": 0}, "amounts_in_range"),
            (Kind.GIFT, {"payee_id": None}, "parties_of_kind"),
            # Who pays whom
            (Kind.BIOME_BUY, {"payee_id": "bob"}, "parties_of_kind"),
            (Kind.BIOME_BUY, {"payer_id": None}, "parties_of_kind"),
            (Kind.BIOME_SELL, {"payer_id": "bob"}, "parties_of_kind"),
            (Kind.BIOME_SELL, {"payee_id": None}, "parties_of_kind"),
            (Kind.TOPUP, {"payer_id": "bob"}, "parties_of_kind"),
            (Kind.TOPUP, {"payee_id": None}, "parties_of_kind"),
            (Kind.WITHDRAWAL, {"payee_id": "bob"}, "parties_of_kind"),
            (Kind.WITHDRAWAL, {"payer_id": None}, "parties_of_kind"),
            (Kind.TRANSFER, {"payer_id": None}, "parties_of_kind"),
            (Kind.TRANSFER, {"payee_id": None}, "parties_of_kind"),
            (Kind.AUCTION, {"payer_id": None}, "parties_of_kind"),
            (Kind.ADJUSTMENT, {"payee_id": None}, "parties_of_kind"),
            (Kind.TRANSFER, {"payee_id": "alice"}, "parties_differ"),
            (Kind.AUCTION, {"payee_id": "alice"}, "parties_differ"),
            # Corrections
            (Kind.REFUND, {"corrects_id": None}, "corrects_for_corrections"),
            (Kind.TRANSFER, {"corrects_id": "first"}, "corrects_for_corrections"),
            (Kind.REFUND, {"reason": ""}, "reason_for_corrections"),
            (Kind.ADJUSTMENT, {"reason": ""}, "reason_for_corrections"),
        ],
    )
    def test_a_row_that_its_kind_cannot_have_is_refused(self, append, kind, changes, constraint):
        with pytest.raises(IntegrityError, match=f'"transaction_{constraint}"'), transaction.atomic():
            append(kind, **changes)
        assert not Transaction.objects.exists()

    @pytest.mark.parametrize("column", ["payer_id", "payee_id", "initiator_id"])
    def test_a_party_that_does_not_exist_is_refused(self, append, column):
        with pytest.raises(IntegrityError, match="foreign key"):
            append(Kind.TRANSFER, **{column: 999_999_999})
        assert not Transaction.objects.exists()

    def test_an_operation_is_recorded_once_for_its_initiator(self, append, bob):
        operation = uuid4()
        append(Kind.TOPUP, operation=operation)
        with pytest.raises(IntegrityError, match='"transaction_operation_unique"'):
            append(Kind.WITHDRAWAL, operation=operation)
        append(Kind.WITHDRAWAL, operation=operation, initiator_id=bob.pk)
        assert list(Transaction.objects.order_by("pk").values_list("kind", flat=True)) == ["topup", "withdrawal"]


class TestTransactionsAreAppendedOnly:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE transactions SET amount_micro = 1",
            "UPDATE transactions SET reason = 'Another.'",
            "UPDATE transactions SET at = at",
            "DELETE FROM transactions",
            "DELETE FROM transactions WHERE kind = 'topup'",
            f"INSERT INTO transactions ({COLUMNS}) SELECT {COLUMNS} FROM transactions"
            " ON CONFLICT (id) DO UPDATE SET amount_micro = 1",
        ],
    )
    def test_a_change_is_refused(self, append, statement):
        append(Kind.TOPUP)
        before = Transaction.objects.values().get()
        with pytest.raises(IntegrityError, match="never changed or deleted"):
            run(statement)
        assert Transaction.objects.values().get() == before

    @pytest.mark.parametrize("table", ["transactions", "accounts_user"])
    def test_a_truncation_is_refused(self, append, table):
        append(Kind.TOPUP)
        # Django's own emptying between tests needs this trigger off; a migration puts it on (see `test_migrations`).
        run("ALTER TABLE transactions ENABLE TRIGGER transactions_not_truncated")
        with pytest.raises(IntegrityError, match="never changed or deleted"):
            run(f"TRUNCATE {table} CASCADE")
        assert Transaction.objects.count() == 1
        assert User.objects.count() == 2


class TestWallets:
    @pytest.mark.parametrize(
        ("change", "constraint"),
        [("balance_micro = -1", "wallet_balance_not_negative"), ("held_micro = -1", "wallet_held_not_negative")],
    )
    def test_a_negative_amount_is_refused(self, alice, now, change, constraint):
        Wallet.objects.create(player=alice, balance_micro=5, held_micro=3, opened_at=now)
        with pytest.raises(IntegrityError, match=f'"{constraint}"'):
            run(f"UPDATE trading_wallet SET {change}")
        assert Wallet.objects.values_list("balance_micro", "held_micro").get() == (5, 3)

    def test_a_player_has_one(self, alice, now):
        Wallet.objects.create(player=alice, opened_at=now)
        with pytest.raises(IntegrityError, match="trading_wallet_pkey"):
            run("INSERT INTO trading_wallet SELECT * FROM trading_wallet")
        assert Wallet.objects.count() == 1

    def test_a_player_who_has_one_stays(self, alice, now):
        Wallet.objects.create(player=alice, opened_at=now)
        with pytest.raises(IntegrityError, match="foreign key"):
            run("DELETE FROM accounts_user")
        assert User.objects.get() == alice


class TestHoldings:
    @pytest.mark.parametrize(
        ("change", "constraint"),
        [
            ("shares_micro = -1", "holding_shares_not_negative"),
            ("cost_micro = -1", "holding_cost_not_negative"),
            ("volume_micro = -1", "holding_volume_not_negative"),
            ("sold_basis_micro = -1", "holding_sold_basis_not_negative"),
        ],
    )
    def test_a_negative_amount_is_refused(self, alice, change, constraint):
        Holding.objects.create(player=alice, market_id=Biome.OCEAN, shares_micro=5, cost_micro=3, realised_micro=-9)
        with pytest.raises(IntegrityError, match=f'"{constraint}"'):
            run(f"UPDATE trading_holding SET {change}")
        assert Holding.objects.values_list("shares_micro", "cost_micro", "realised_micro").get() == (5, 3, -9)

    def test_a_player_has_one_in_a_market(self, alice):
        Holding.objects.create(player=alice, market_id=Biome.OCEAN)
        columns = "player_id, market_id, shares_micro, cost_micro, realised_micro, sold_basis_micro, volume_micro"
        with pytest.raises(IntegrityError, match='"holding_unique"'):
            run(f"INSERT INTO trading_holding ({columns}) SELECT {columns} FROM trading_holding")
        assert Holding.objects.count() == 1


class TestMarkets:
    @pytest.mark.parametrize(
        ("change", "constraint"),
        [
            ("cash_micro = 0, bar_low_micro = 0", "market_cash_positive"),
            ("cash_micro = -1, bar_low_micro = -1", "market_cash_positive"),
            ("shares_held_micro = -1", "market_shares_held_in_range"),
            ("shares_held_micro = total_shares_micro + 1", "market_shares_held_in_range"),
            ("cash_micro = cash_micro + 1", "market_cash_within_bar"),
            ("cash_micro = cash_micro - 1", "market_cash_within_bar"),
            ("biome = 'moon'", "market_biome_known"),
        ],
    )
    def test_what_a_market_cannot_be_is_refused(self, change, constraint):
        before = list(Market.objects.order_by("pk").values())
        with pytest.raises(IntegrityError, match=f'"{constraint}"'):
            run(f"UPDATE markets_market SET {change} WHERE biome = 'ocean'")
        assert list(Market.objects.order_by("pk").values()) == before
