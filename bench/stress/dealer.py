"""A worker that makes random deals: as one player after the other, and as the administrator.

Every attempt calls the function behind a view as it is, without the view's retries, so that a deadlock shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any
from uuid import uuid4

from django.utils import timezone

from accounts.models import User
from attention.biomes import Biome
from attention.meter import give_attention
from bench.stress.tally import Attempt
from marketplace.models import Land, Listing
from marketplace.sales.auctions import place_bid, settle_ended, settle_listing
from marketplace.sales.listings import Offer, cancel_listing, edit_price, open_listing, remove_listing
from marketplace.sales.ownership import buy_from_world, give_land
from marketplace.sales.purchases import buy_listing, refund
from markets.money import MICRO
from trading.models import LAND_KINDS, Holding, Kind, Transaction
from trading.orders.market_orders import buy_shares, sell_shares
from trading.wallets.wallets import ensure_wallet, top_up, transfer, withdraw

#: Half of all is done by so many players, so that they meet.
_BUSY_PLAYERS = 6
#: An attempt in so many comes twice under one operation id: the second must give the first one's answer.
_REPEATED = 10
_NEWEST = 40
_LASTS_SECS_MAX = 8


class AnotherAnswer(Exception):
    """Raised when a repeated request was executed twice."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """The participants of the stress test: the keys of players and of parcels, and an administrator."""

    players: list[int]
    lands: list[int]
    administrator: User


class Dealer:
    """A chooser of random actions."""

    def __init__(self, crowd: Crowd, rng: Random) -> None:
        self._crowd, self._rng = crowd, rng

    def next_action(self) -> tuple[str, Attempt]:
        """Return the next action's name and the attempt at it; None where there is nothing of the kind to be done."""
        [name] = self._rng.choices(list(WEIGHTS), list(WEIGHTS.values()))
        attempt: Attempt = getattr(self, f"_{name.replace(' ', '_')}")()
        return name, attempt

    # --- Shares and money ---------------------------------------------------------------------------------------------

    def _buy_shares(self) -> Attempt:
        return self._once(
            buy_shares, player_id=self._player(), biome=self._rng.choice(list(Biome)), spend_micro=self._amount(200)
        )

    def _sell_shares(self) -> Attempt:
        holding = self._any_of(Holding.objects.filter(shares_micro__gt=0).order_by("-pk"))
        if holding is None:
            return None
        shares_micro = self._rng.randint(1, holding.shares_micro)
        return self._once(
            sell_shares, player_id=holding.player_id, biome=Biome(holding.market_id), shares_micro=shares_micro
        )

    def _top_up(self) -> Attempt:
        return self._once(top_up, **self._outside_money())

    def _withdraw(self) -> Attempt:
        return self._once(withdraw, **self._outside_money())

    def _transfer(self) -> Attempt:
        return self._once(
            transfer, player_id=self._player(), payee_id=self._player(), amount_micro=self._amount(200), reason="stress"
        )

    def _give_attention(self) -> Attempt:
        points = {self._rng.choice(list(Biome)): self._rng.randint(1, 5)}
        return partial(give_attention, player_id=self._player(), points=points, budget_points=10)

    def _open_wallet(self) -> Attempt:
        return partial(ensure_wallet, player_id=self._player(), now=timezone.now())

    # --- Land ---------------------------------------------------------------------------------------------------------

    def _buy_land(self) -> Attempt:
        return self._once(buy_from_world, player_id=self._player(), land_id=self._rng.choice(self._crowd.lands))

    def _give_land(self) -> Attempt:
        land = self._owned_land()
        if land is None:
            return None
        return self._once(
            give_land, player_id=land.owner_id, land_id=land.pk, receiver_id=self._player(), reason="stress"
        )

    def _list_land(self) -> Attempt:
        land = self._owned_land()
        if land is None:
            return None
        return self._once(open_listing, seller_id=land.owner_id, land_id=land.pk, offer=self._offer())

    def _edit_price(self) -> Attempt:
        return self._with_listing(
            lambda listing: partial(
                edit_price,
                listing_id=listing.pk,
                seller_id=listing.seller_id,
                price_micro=self._amount(200),
                now=timezone.now(),
            )
        )

    def _cancel_listing(self) -> Attempt:
        return self._with_listing(
            lambda listing: partial(
                cancel_listing, listing_id=listing.pk, seller_id=listing.seller_id, now=timezone.now()
            )
        )

    def _place_bid(self) -> Attempt:
        def bid(listing: Listing) -> Attempt:
            max_micro = listing.price_micro * self._rng.randint(90, 200) // 100 + 1
            return self._once(place_bid, listing_id=listing.pk, bidder_id=self._player(), max_micro=max_micro)

        return self._with_listing(bid, kind=Listing.Kind.AUCTION)

    def _buy_listing(self) -> Attempt:
        return self._with_listing(
            lambda listing: self._once(buy_listing, listing_id=listing.pk, buyer_id=self._player())
        )

    def _settle_ended(self) -> Attempt:
        return partial(settle_ended, now=timezone.now(), at_most=10)

    def _look_at_listing(self) -> Attempt:
        return self._with_listing(lambda listing: partial(settle_listing, listing_id=listing.pk, now=timezone.now()))

    # --- The administrator --------------------------------------------------------------------------------------------

    def _remove_listing(self) -> Attempt:
        return self._with_listing(
            lambda listing: partial(
                remove_listing,
                listing_id=listing.pk,
                administrator=self._crowd.administrator,
                reason="stress",
                now=timezone.now(),
            )
        )

    def _refund(self) -> Attempt:
        moved = self._any_of(Transaction.objects.filter(kind__in=[*LAND_KINDS, Kind.TRANSFER]).order_by("-pk"))
        if moved is None:
            return None
        request = {"administrator_id": self._crowd.administrator.pk, "transaction_id": moved.pk, "reason": "stress"}
        return self._once(refund, **request)

    # --- What is chosen -----------------------------------------------------------------------------------------------

    def _once(self, write: Callable[..., Any], **request: Any) -> Attempt:
        """Return the attempt at a request with an operation id of its own; some are sent twice."""
        send = partial(write, operation=uuid4(), now=timezone.now(), **request)
        return partial(_twice, send) if self._rng.randrange(_REPEATED) == 0 else send

    def _player(self) -> int:
        busy = self._rng.random() < 1 / 2
        return self._rng.choice(self._crowd.players[:_BUSY_PLAYERS] if busy else self._crowd.players)

    def _amount(self, most_bdt: int) -> int:
        return self._rng.randint(1, most_bdt * MICRO)

    def _outside_money(self) -> dict[str, Any]:
        request = {"initiator_id": self._crowd.administrator.pk, "player_id": self._player(), "reason": "stress"}
        return request | {"amount_micro": self._amount(300)}

    def _owned_land(self) -> Land | None:
        land: Land | None = self._any_of(Land.objects.filter(owner__isnull=False).order_by("-owned_since"))
        return land

    def _with_listing(self, deal: Callable[[Listing], Attempt], **conditions: Any) -> Attempt:
        """Return a deal with one of the newest listings that are active, or were a moment ago."""
        listing = self._any_of(Listing.objects.filter(status=Listing.Status.ACTIVE, **conditions).order_by("-pk"))
        return None if listing is None else deal(listing)

    def _any_of(self, rows: Any) -> Any:
        newest = list(rows[:_NEWEST])
        return self._rng.choice(newest) if newest else None

    def _offer(self) -> Offer:
        terms: dict[str, Any] = {"price_micro": self._amount(100), "title": "By the river"}
        terms["lasts_secs"] = self._rng.randint(1, _LASTS_SECS_MAX)
        if self._rng.random() < 1 / 3:
            return Offer(kind=Listing.Kind.FIXED_PRICE, **terms)
        reserve_micro = self._rng.choice([None, terms["price_micro"] + self._amount(50)])
        least_micro = reserve_micro or terms["price_micro"]
        buy_now_micro = self._rng.choice([None, least_micro + self._amount(100)])
        return Offer(kind=Listing.Kind.AUCTION, reserve_micro=reserve_micro, buy_now_micro=buy_now_micro, **terms)


#: How often each is done, beside the others.
WEIGHTS = {
    "buy shares": 10,
    "sell shares": 6,
    "top up": 4,
    "withdraw": 2,
    "transfer": 8,
    "give attention": 6,
    "open wallet": 2,
    "buy land": 8,
    "give land": 3,
    "list land": 14,
    "edit price": 3,
    "cancel listing": 3,
    "place bid": 24,
    "buy listing": 6,
    "settle ended": 6,
    "look at listing": 5,
    "remove listing": 1,
    "refund": 4,
}


def _twice(send: Callable[[], Any]) -> None:
    first, second = send(), send()
    if first.pk != second.pk:
        raise AnotherAnswer(f"{first!r}, then {second!r}")
