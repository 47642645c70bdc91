"""A transaction as one of its two players sees it: its effect on the balance, the other side and the price. Pure.

Without a player it is described between its two sides.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from attention.biomes import Biome
from markets.money import micro_text, ratio_text
from trading.models import Kind

#: What stands on the other side where no player does.
_OTHERS = {
    Kind.TOPUP: "the outside",
    Kind.WITHDRAWAL: "the outside",
    Kind.FIXED_PRICE: "the world",
    Kind.BUY_NOW: "the world",
    Kind.AUCTION: "the world",
    Kind.ADJUSTMENT: "the treasury",
    Kind.REFUND: "the treasury",
}


class Movement(NamedTuple):
    """A transaction with the player whose history it is in. Amounts are decimal strings."""

    player_id: int | None
    pk: int
    at: datetime
    kind: str
    source: str
    operation: UUID
    initiator_id: int
    initiator_name: str
    payer_id: int | None
    payer_name: str | None
    payee_id: int | None
    payee_name: str | None
    amount_micro: int
    fee_micro: int
    biome: str | None
    shares_micro: int | None
    cash_before_micro: int | None
    cash_after_micro: int | None
    total_shares_micro: int | None
    basis_micro: int | None
    land_id: int | None
    listing_id: int | None
    corrects_id: int | None
    reason: str
    payer_balance_micro: int | None
    payee_balance_micro: int | None

    @property
    def label(self) -> str:
        """Return the kind's label for people."""
        return Kind(self.kind).label

    @property
    def is_of_player(self) -> bool:
        """Return whether the movement is described from a player's side rather than between its two sides."""
        return self.player_id is not None

    @property
    def is_incoming(self) -> bool:
        """Return whether the player was paid."""
        return self.payer_id != self.player_id

    @property
    def is_asked_by_another(self) -> bool:
        """Return whether someone else initiated it: the payer of a transfer, or an administrator."""
        return self.initiator_id != self.player_id

    @property
    def counterparty(self) -> str:
        """Return the name of the other side: a player's username, a market, or neither."""
        if self.biome is not None:
            return self._not_a_player
        name = self.payer_name if self.is_incoming else self.payee_name
        return name or self._not_a_player

    @property
    def with_whom(self) -> str:
        """Return the other side in words: "Ocean market", "from alice", "to the outside"; without a player, both
        sides.
        """
        if self.player_id is None:
            return f"{self.payer_name or self._not_a_player} to {self.payee_name or self._not_a_player}"
        if self.biome is not None:
            return self.counterparty
        return f"{'from' if self.is_incoming else 'to'} {self.counterparty}"

    @property
    def amount(self) -> str:
        """Return the amount that the payer gave, in BDT. The payee got it less the fee."""
        return micro_text(self.amount_micro)

    @property
    def change(self) -> str:
        """Return the change of the player's balance, in BDT: negative where the player paid."""
        return micro_text(self._change_micro)

    @property
    def balance(self) -> str | None:
        """Return all money of the player after it, in BDT, reserved money included; None without a player."""
        if self.player_id is None:
            return None
        left_micro = self.payee_balance_micro if self.is_incoming else self.payer_balance_micro
        return None if left_micro is None else micro_text(left_micro)

    @property
    def fee(self) -> str:
        """Return the part of the fee that the player paid, in BDT: the payee bears the fee, but for share purchases.

        Without a player, all of it.
        """
        is_own = self.player_id is None or self.is_incoming or self.kind == Kind.BIOME_BUY
        return micro_text(self.fee_micro if is_own else 0)

    @property
    def shares(self) -> str | None:
        """Return the shares bought or sold; None where it was no trade."""
        return None if self.shares_micro is None else micro_text(self.shares_micro)

    @property
    def traded(self) -> str:
        """Return the amount exchanged along the curve, in BDT: before the fee."""
        return micro_text(self._traded_micro)

    @property
    def average_price(self) -> str | None:
        """Return the average price in BDT a share, before the fee; None where it was no trade."""
        return None if self.shares_micro is None else ratio_text(self._traded_micro, self.shares_micro)

    @property
    def price_before(self) -> str | None:
        """Return the price in BDT a share just before the trade; None where it was none."""
        return self._price(self.cash_before_micro)

    @property
    def price_after(self) -> str | None:
        """Return the price in BDT a share just after the trade; None where it was none."""
        return self._price(self.cash_after_micro)

    @property
    def basis(self) -> str | None:
        """Return the cost of the shares sold, in BDT, fees included; None where it was no sale."""
        return None if self.basis_micro is None else micro_text(self.basis_micro)

    @property
    def realised_gain(self) -> str | None:
        """Return the proceeds of a sale beyond that cost, in BDT, after the fee; None where it was no sale."""
        return None if self.basis_micro is None else micro_text(self._change_micro - self.basis_micro)

    @property
    def _not_a_player(self) -> str:
        return f"{Biome(self.biome).label} market" if self.biome is not None else _OTHERS[Kind(self.kind)]

    @property
    def _change_micro(self) -> int:
        return self.amount_micro - self.fee_micro if self.is_incoming else -self.amount_micro

    @property
    def _traded_micro(self) -> int:
        return self.amount_micro - self.fee_micro if self.kind == Kind.BIOME_BUY else self.amount_micro

    def _price(self, cash_micro: int | None) -> str | None:
        if cash_micro is None or self.total_shares_micro is None:
            return None
        return ratio_text(cash_micro, self.total_shares_micro)
