"""A player's transactions: those that the player paid for, and those that paid the player. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q, QuerySet

from attention.biomes import Biome
from trading.models import Kind, Transaction
from trading.movement import Movement

# Those of `Movement`, after the player. Not as models: a whole history takes a third of the time without them.
_COLUMNS = (
    "pk", "at", "kind", "operation", "initiator", "initiator__username", "payer", "payer__username", "payee__username",
    "amount_micro", "fee_micro", "market", "shares_micro", "cash_before_micro", "cash_after_micro",
    "market__total_shares_micro", "basis_micro", "corrects", "reason",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Movements:
    """A player's transactions that match the filters. An empty `kinds` is all of them; both times are included.

    A page is a slice. `order_by` and `filter` are what `config.pagination.NewestFirst` asks of a list before.
    """

    player_id: int
    kinds: tuple[Kind, ...] = ()
    biome: Biome | None = None
    since: datetime | None = None
    until: datetime | None = None
    after_id: int | None = None
    before_id: int | None = None
    is_newest_first: bool = True

    def order_by(self, field: str) -> Movements:
        """By `pk` or `-pk`."""
        return replace(self, is_newest_first=field.startswith("-"))

    def filter(self, *, pk__lt: str | None = None, pk__gt: str | None = None) -> Movements:
        """Before, or after, a transaction. Raises ValueError when it is no number."""
        if pk__lt is not None:
            return replace(self, before_id=int(pk__lt))
        assert pk__gt is not None
        return replace(self, after_id=int(pk__gt))

    def in_chunks(self, *, rows: int, most: int) -> Iterator[list[Movement]]:
        """The newest `most` of them, newest first, `rows` at a time: what comes in meanwhile is not among them."""
        rest, left = replace(self, is_newest_first=True), most
        while left > 0 and (chunk := rest[: min(rows, left)]):
            yield chunk
            left -= len(chunk)
            rest = replace(rest, before_id=chunk[-1].pk)

    def __getitem__(self, page: slice) -> list[Movement]:
        ids = self._ids(page.start or 0, page.stop)
        return _read(Transaction.objects.filter(pk__in=ids).order_by(self._order), self.player_id)

    def _ids(self, start: int, stop: int) -> list[int]:
        # Each side alone is an ordered scan of its index, which ends when the page is full. Nobody pays himself, so no
        # row is on both.
        matching = Transaction.objects.filter(self._condition()).order_by(self._order).values_list("pk", flat=True)
        paid, got = matching.filter(payer=self.player_id)[:stop], matching.filter(payee=self.player_id)[:stop]
        return list(paid.union(got, all=True).order_by(self._order)[start:stop])

    @property
    def _order(self) -> str:
        return "-pk" if self.is_newest_first else "pk"

    def _condition(self) -> Q:
        lookups = {
            "kind__in": self.kinds or None,
            "market": self.biome,
            "at__gte": self.since,
            "at__lte": self.until,
            "pk__gt": self.after_id,
            "pk__lt": self.before_id,
        }
        return Q(**{lookup: value for lookup, value in lookups.items() if value is not None})


def movements_of(
    player_id: int,
    *,
    kinds: tuple[Kind, ...] = (),
    biome: Biome | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Movements:
    """A player's transactions, as payer or payee: of these kinds (empty: of all), in this biome, from `since` to
    `until`, both included."""
    return Movements(player_id, kinds, biome, since, until)


def movement_of(player_id: int, *, number: int) -> Movement | None:
    """One transaction of a player; None where it is another's, or nobody's."""
    own = Transaction.objects.filter(Q(payer=player_id) | Q(payee=player_id), pk=number)
    return next(iter(_read(own, player_id)), None)


def _read(transactions: QuerySet[Transaction], player_id: int) -> list[Movement]:
    return [Movement(player_id, *row) for row in transactions.values_list(*_COLUMNS)]
