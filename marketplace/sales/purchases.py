"""Sales of listings: bought at their price, or handed to an auction's winner; and refunds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID, uuid5

from core.database.transactions import after_commit, short_transaction
from core.errors import BuyNowGone, InsufficientFunds, ListingClosed, NotRefundable, OwnListing, PriceMoved
from marketplace import events
from marketplace.locks import land_locked, listing_locked, players_wallets_locked, require_open_account
from marketplace.models import Listing
from marketplace.sales.limits import check_marketplace_open, check_room_for_parcel
from marketplace.sales.listings import close, free_top_bid
from marketplace.sales.ownership import hand_over
from marketplace.sales.price_flags import base_price_of, flag_if_far, land_fee
from markets.economic_settings import current_settings
from trading.ledger import posting
from trading.ledger.requests import Order, Request, order_of
from trading.models import LAND_KINDS, Kind, Transaction
from trading.wallets.wallets import refund_transfer


class SellerCannotPay(InsufficientFunds):
    message = "The price is far below what the world asks, and the seller cannot pay the land fee of that."


def buy_listing(
    *, operation: UUID, listing_id: int, buyer_id: int, now: datetime, most_micro: int | None = None
) -> Transaction:
    """Buy a listed parcel at its fixed price, or an auctioned one at its buy-now price while no bid has reached that.

    The same `operation` with the same request gives the first transaction again. Raises Listing.DoesNotExist,
    ListingClosed, BuyNowGone, OwnListing, PriceMoved above `most_micro`, InsufficientFunds, TooManyParcels,
    MarketplacePaused, AccountClosed, IdempotencyConflict, MarketBusy; nothing changes then.
    """
    request = Request("buy listing", {"listing": listing_id, "most_micro": most_micro})
    order = order_of(operation=operation, initiator_id=buyer_id, request=request)

    @short_transaction()
    def write() -> Transaction:
        listing = listing_locked(listing_id)
        if listing.status != Listing.Status.ACTIVE or listing.is_over(now):
            raise ListingClosed
        if listing.seller_id == buyer_id:
            raise OwnListing
        kind, price_micro = _asked(listing)
        if most_micro is not None and price_micro > most_micro:
            raise PriceMoved(attr="most")
        check_marketplace_open(current_settings())
        return sell_to(listing, order=order, buyer_id=buyer_id, kind=kind, price_micro=price_micro, now=now)

    return posting.carry_out(order, write)


def sell_to(
    listing: Listing, *, order: Order, buyer_id: int, kind: Kind, price_micro: int, now: datetime
) -> Transaction:
    """Close a locked listing with its sale: reserved money is freed, the buyer pays, the parcel is handed over.

    Where the price is far below the base price, the fee is that of the base price, and the seller pays the part of
    it above the price. Raises SellerCannotPay where there is too little for it, InsufficientFunds, and AccountClosed
    or TooManyParcels for a buyer who has not agreed to it before by a bid.
    """
    land = land_locked(listing.land_id)
    parties = {buyer_id, listing.seller_id, listing.top_bidder_id or buyer_id}
    wallets = players_wallets_locked(parties, now=now)
    buyer = wallets[buyer_id]
    leads = listing.top_bidder_id == buyer_id
    if kind != Kind.AUCTION:
        require_open_account(buyer)
        if not leads:
            check_room_for_parcel(buyer_id)
    base_micro = base_price_of(land)
    fee_micro = land_fee(price_micro=price_micro, base_micro=base_micro)
    if wallets[listing.seller_id].balance_micro + price_micro < fee_micro:
        raise SellerCannotPay
    spendable_micro = buyer.balance_micro + (listing.top_max_micro or 0 if leads else 0)
    if spendable_micro < price_micro:
        raise InsufficientFunds
    free_top_bid(listing, now=now)
    posted = posting.post_land_sale(
        order=order,
        kind=kind,
        payer_id=buyer_id,
        payee_id=listing.seller_id,
        amount_micro=price_micro,
        fee_micro=fee_micro,
        land_id=land.pk,
        listing_id=listing.pk,
        now=now,
    )
    hand_over(land, owner_id=buyer_id, now=now)
    flag_if_far(posted, land, now=now)
    close(listing, Listing.Status.SOLD, now=now, sold_micro=price_micro)
    after_commit(partial(events.announce_sale, posted))
    return posted


def refund_sale(
    *, operation: UUID, administrator_id: int, transaction_id: int, reason: str, now: datetime
) -> Transaction:
    """Undo the newest sale of a parcel: the buyer gets the whole price back, the seller the parcel.

    New rows name the old one. The seller gives back what was paid out; the treasury its fee, or the price of the
    world's land. The same `operation` with the same request gives the first row again. Raises Transaction.DoesNotExist,
    NotRefundable, InsufficientFunds (the seller's), IdempotencyConflict, MarketBusy; nothing changes then.
    """
    request = Request("refund", {"transaction": transaction_id, "reason": reason})
    order = order_of(operation=operation, initiator_id=administrator_id, request=request)

    @short_transaction()
    def write() -> Transaction:
        sale = Transaction.objects.get(pk=transaction_id)
        if sale.kind not in LAND_KINDS or sale.kind == Kind.GIFT:
            raise NotRefundable
        assert sale.land_id is not None
        assert sale.payer_id is not None
        land = land_locked(sale.land_id)
        newest = Transaction.objects.filter(land_id=sale.land_id).order_by("-pk").values_list("pk", flat=True).first()
        is_listed = Listing.objects.filter(land=land, status=Listing.Status.ACTIVE).exists()
        is_refunded = Transaction.objects.filter(corrects=sale).exists()
        if newest != sale.pk or land.owner_id != sale.payer_id or is_listed or is_refunded:
            raise NotRefundable
        posted = _give_back(sale, order, reason, now)
        hand_over(land, owner_id=sale.payee_id, now=now)
        for part in posted:
            after_commit(partial(events.announce_sale, part))
        return posted[0]

    return posting.carry_out(order, write)


def refund(*, operation: UUID, administrator_id: int, transaction_id: int, reason: str, now: datetime) -> Transaction:
    """Undo a sale of land or a transfer between players; see `refund_sale` and `wallets.refund_transfer`."""
    kind = Transaction.objects.values_list("kind", flat=True).get(pk=transaction_id)
    undo = refund_transfer if kind == Kind.TRANSFER else refund_sale
    return undo(
        operation=operation, administrator_id=administrator_id, transaction_id=transaction_id, reason=reason, now=now
    )


def _asked(listing: Listing) -> tuple[Kind, int]:
    """Return the kind and the price of buying a listing at once. Raises BuyNowGone."""
    if listing.kind == Listing.Kind.FIXED_PRICE:
        return Kind.FIXED_PRICE, listing.price_micro
    if listing.buy_now_micro is None or listing.price_micro >= listing.buy_now_micro:
        raise BuyNowGone
    return Kind.BUY_NOW, listing.buy_now_micro


def _give_back(sale: Transaction, order: Order, reason: str, now: datetime) -> list[Transaction]:
    assert sale.payer_id is not None
    parties = [sale.payer_id] + ([sale.payee_id] if sale.payee_id else [])
    wallets = players_wallets_locked(parties, now=now)
    net_micro = sale.amount_micro - sale.fee_micro
    if net_micro < 0:
        # The seller paid more in fees than the price was: the treasury gives each what it took.
        assert sale.payee_id is not None
        return _post_parts(
            sale, order, [(None, sale.payer_id, sale.amount_micro), (None, sale.payee_id, -net_micro)], reason, now
        )
    if sale.payee_id is not None and wallets[sale.payee_id].balance_micro < net_micro:
        raise InsufficientFunds("The seller's balance is too low to refund the price.")
    return _post_parts(
        sale, order, [(sale.payee_id, sale.payer_id, net_micro), (None, sale.payer_id, sale.fee_micro)], reason, now
    )


def _post_parts(
    sale: Transaction, order: Order, parts: Sequence[tuple[int | None, int, int]], reason: str, now: datetime
) -> list[Transaction]:
    """Move each part (from whom, to whom, how much) of a refund that is not nothing: the first under the order's own
    id, by which a repeat finds it, a second under one derived from it."""
    further = order_of(
        operation=uuid5(order.operation, "fee"),
        initiator_id=order.initiator_id,
        request=Request("refund fee", {"transaction": sale.pk}),
    )
    moved = [part for part in parts if part[2]]
    return [
        posting.post_refund(
            order=part_order,
            corrects=sale,
            payer_id=payer_id,
            payee_id=payee_id,
            amount_micro=amount_micro,
            reason=reason,
            now=now,
        )
        for part_order, (payer_id, payee_id, amount_micro) in zip((order, further), moved, strict=False)
    ]
