"""Queries of transactions: those a player paid or was paid by, or everybody's. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Q, QuerySet

from attention.biomes import Biome
from core.database.replicas import may_be_stale
from trading.models import Kind, Transaction
from trading.statements.entries import Movement
from trading.statements.transaction_ids import numbers_between

# Those of `Movement`, after the player. Not as models: a whole history takes a third of the time without them.
_COLUMNS = (
    "pk", "at", "kind", "source", "operation", "initiator", "initiator__username", "payer", "payer__username", "payee",
    "payee__username", "amount_micro", "fee_micro", "market", "shares_micro", "cash_before_micro", "cash_after_micro",
    "market__total_shares_micro", "basis_micro", "land_id", "listing_id", "corrects", "reason", "payer_balance_micro",
    "payee_balance_micro",
)  # fmt: skip


class Role(StrEnum):
    """The player's side of a transaction: buyer or seller."""

    BUYER = "buyer"
    SELLER = "seller"


_SIDES = {Role.BUYER: "payer", Role.SELLER: "payee"}


@dataclass(frozen=True, slots=True)
class Movements:
    """The transactions of a player, or without a player everybody's, that match the filters. Without a player a role is
    ignored.

    An empty `kinds` is all of them; both times are included.

    A page is a slice. `order_by` and `filter` are what `core.api.pagination.NewestFirst` requires of a list.
    """

    player_id: int | None
    kinds: tuple[Kind, ...] = ()
    biome: Biome | None = None
    since: datetime | None = None
    until: datetime | None = None
    role: Role | None = None
    land_id: int | None = None
    listing_id: int | None = None
    after_id: int | None = None
    before_id: int | None = None
    is_newest_first: bool = True

    def order_by(self, field: str) -> Movements:
        """Return the same transactions ordered by `pk` or `-pk`."""
        return replace(self, is_newest_first=field.startswith("-"))

    def filter(self, *, pk__lt: str | None = None, pk__gt: str | None = None) -> Movements:
        """Return the transactions before, or after, one. Raises ValueError when it is no number."""
        if pk__lt is not None:
            return replace(self, before_id=int(pk__lt))
        assert pk__gt is not None
        return replace(self, after_id=int(pk__gt))

    def in_chunks(self, *, rows: int, most: int) -> Iterator[list[Movement]]:
        """Yield the newest `most` transactions, newest first, `rows` at a time.

        Those written meanwhile are left out.
        """
        rest, left = replace(self, is_newest_first=True), most
        while left > 0 and (chunk := rest[: min(rows, left)]):
            yield chunk
            left -= len(chunk)
            rest = replace(rest, before_id=chunk[-1].pk)

    def __getitem__(self, page: slice) -> list[Movement]:
        # Who looks over everybody's may see them a moment late; a player's own are always as they are now.
        return may_be_stale(self._page)(page) if self.player_id is None else self._page(page)

    def _page(self, page: slice) -> list[Movement]:
        ids = self._ids(page.start or 0, page.stop)
        return _read(Transaction.objects.filter(pk__in=ids).order_by(self._order), self.player_id)

    def _ids(self, start: int, stop: int) -> list[int]:
        matching = Transaction.objects.filter(self._condition()).order_by(self._order).values_list("pk", flat=True)
        if self.player_id is None:
            return list(matching.filter(self._period())[start:stop])
        if self.role is not None:
            return list(matching.filter(**{_SIDES[self.role]: self.player_id})[start:stop])
        # Each side alone is an ordered scan of its index, which ends when the page is full. Nobody pays himself, so no
        # row is on both.
        paid, got = matching.filter(payer=self.player_id)[:stop], matching.filter(payee=self.player_id)[:stop]
        return list(paid.union(got, all=True).order_by(self._order)[start:stop])

    @property
    def _order(self) -> str:
        return "-pk" if self.is_newest_first else "pk"

    def _condition(self) -> Q:
        lookups = {
            "kind__in": self.kinds or None,
            "market": self.biome,
            "land_id": self.land_id,
            "listing_id": self.listing_id,
            "at__gte": self.since,
            "at__lte": self.until,
            "pk__gt": self.after_id,
            "pk__lt": self.before_id,
        }
        return _where(lookups)

    def _period(self) -> Q:
        # A player's index has the times. Among everybody's a period is found by its numbers, not by reading up to it.
        first, beyond = numbers_between(self.since, self.until)
        return _where({"pk__gte": first, "pk__lt": beyond})


def movements_of(
    player_id: int | None,
    *,
    kinds: tuple[Kind, ...] = (),
    biome: Biome | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    role: Role | None = None,
    land_id: int | None = None,
    listing_id: int | None = None,
) -> Movements:
    """Return a player's transactions, as payer or payee, or in one role; everybody's where `player_id` is None.

    Of these kinds (empty: of all), in this biome, of this parcel, by this listing, from `since` to `until`, both
    included.
    """
    return Movements(player_id, kinds, biome, since, until, role, land_id, listing_id)


def movement_of(player_id: int, *, number: int) -> Movement | None:
    """Return one transaction of a player; None where it is another's, or nobody's."""
    own = Transaction.objects.filter(Q(payer=player_id) | Q(payee=player_id), pk=number)
    return next(iter(_read(own, player_id)), None)


def movement_asked_by(initiator_id: int, *, number: int) -> Movement | None:
    """Return one transaction that this player asked for, as it is between its two sides; None where it is another's."""
    return next(iter(_read(Transaction.objects.filter(initiator=initiator_id, pk=number), None)), None)


def movement_between(*, number: int) -> Movement | None:
    """Return one transaction, whoever's, as it is between its two sides; None where there is none."""
    return next(iter(_read(Transaction.objects.filter(pk=number), None)), None)


def _where(lookups: dict[str, Any]) -> Q:
    return Q(**{lookup: value for lookup, value in lookups.items() if value is not None})


def _read(transactions: QuerySet[Transaction], player_id: int | None) -> list[Movement]:
    return [Movement(player_id, *row) for row in transactions.values_list(*_COLUMNS)]
