"""Parcels that change owners without a listing: bought from the world, or given away."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

from core.database.transactions import after_commit, short_transaction
from core.errors import InsufficientFunds, LandListed, LandTaken, NotLandOwner, NotVerified, OwnWallet, PriceMoved
from marketplace import events
from marketplace.locks import land_locked, players_wallets_locked, require_open_account
from marketplace.models import Land, Listing
from marketplace.pricing.land_prices import base_price
from marketplace.sales.limits import check_marketplace_open, check_room_for_parcel
from marketplace.sales.price_flags import base_price_of, flag_gift, land_fee
from markets.economic_settings import current_settings
from markets.models import Market
from trading.ledger import posting
from trading.ledger.requests import Request, order_of
from trading.models import Kind, Transaction

LACKS_FEE = "A gift costs the land fee of the world's price; your balance is too low."


def buy_from_world(
    *, operation: UUID, player_id: int, land_id: int, now: datetime, most_micro: int | None = None
) -> Transaction:
    """Buy a parcel that nobody owns at its base price, which follows its biome's market.

    The same `operation` with the same request gives the first transaction again. Raises Land.DoesNotExist, LandTaken,
    PriceMoved above `most_micro`, InsufficientFunds, TooManyParcels, MarketplacePaused, AccountClosed,
    IdempotencyConflict, MarketBusy; nothing changes then.
    """
    request = Request("buy from world", {"land": land_id, "most_micro": most_micro})
    order = order_of(operation=operation, initiator_id=player_id, request=request)

    @short_transaction()
    def write() -> Transaction:
        land = land_locked(land_id)
        if land.owner_id is not None:
            raise LandTaken
        wallet = require_open_account(players_wallets_locked([player_id], now=now)[player_id])
        version = current_settings()
        check_marketplace_open(version)
        check_room_for_parcel(player_id)
        market = Market.objects.get(pk=land.market_id)
        price_micro = base_price(market=market, version=version, elevation_m=land.elevation_m)
        if most_micro is not None and price_micro > most_micro:
            raise PriceMoved(attr="most")
        if wallet.balance_micro < price_micro:
            raise InsufficientFunds
        posted = posting.post_land_sale(
            order=order,
            kind=Kind.FIXED_PRICE,
            payer_id=player_id,
            payee_id=None,
            amount_micro=price_micro,
            fee_micro=0,
            land_id=land.pk,
            listing_id=None,
            now=now,
        )
        hand_over(land, owner_id=player_id, now=now)
        after_commit(partial(events.announce_sale, posted))
        return posted

    return posting.carry_out(order, write)


def give_land(
    *, operation: UUID, player_id: int, land_id: int, receiver_id: int, reason: str, now: datetime
) -> Transaction:
    """Give a parcel of one's own to another player. The giver pays the land fee of the base price; nothing else moves.

    The same `operation` with the same request gives the first transaction again. Raises Land.DoesNotExist, OwnWallet,
    NotLandOwner, LandListed, TooManyParcels (the receiver's), InsufficientFunds (for the fee), NotVerified,
    MarketplacePaused, AccountClosed, IdempotencyConflict, MarketBusy; nothing changes then.
    """
    if receiver_id == player_id:
        raise OwnWallet("You cannot give land to yourself.", attr="to")
    request = Request("give land", {"land": land_id, "receiver": receiver_id, "reason": reason})
    order = order_of(operation=operation, initiator_id=player_id, request=request)

    @short_transaction()
    def write() -> Transaction:
        land = lock_own_land(player_id=player_id, land_id=land_id)
        wallets = players_wallets_locked([player_id, receiver_id], now=now)
        for wallet in wallets.values():
            require_open_account(wallet)
        if not wallets[player_id].player.is_verified:
            raise NotVerified
        check_marketplace_open(current_settings())
        check_room_for_parcel(receiver_id)
        base_micro = base_price_of(land)
        fee_micro = land_fee(price_micro=0, base_micro=base_micro)
        if wallets[player_id].balance_micro < fee_micro:
            raise InsufficientFunds(LACKS_FEE)
        posted = posting.post_gift(
            order=order, receiver_id=receiver_id, land_id=land_id, fee_micro=fee_micro, reason=reason, now=now
        )
        hand_over(land, owner_id=receiver_id, now=now)
        flag_gift(posted, base_micro=base_micro, now=now)
        after_commit(partial(events.announce_sale, posted))
        return posted

    return posting.carry_out(order, write)


def lock_own_land(*, player_id: int, land_id: int) -> Land:
    """Lock a parcel that this player owns and does not offer. Raises Land.DoesNotExist, NotLandOwner, LandListed."""
    land = land_locked(land_id)
    if land.owner_id != player_id:
        raise NotLandOwner
    if Listing.objects.filter(land=land, status=Listing.Status.ACTIVE).exists():
        raise LandListed
    return land


def hand_over(land: Land, *, owner_id: int | None, now: datetime) -> None:
    """Set the new owner of a locked parcel; None is the world."""
    Land.objects.filter(pk=land.pk).update(owner=owner_id, owned_since=None if owner_id is None else now)
