"""The marketplace API. Everyone may read; players trade."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.keys.holders import ATTENTION, READ, TRADE, TRANSFER
from attention.biomes import Biome
from core.api.conditional_get import PolledView
from core.api.created import MADE, made, made_transaction
from core.api.known_fields import ApiView
from core.api.openapi_errors import RefusalSerializer, refusals
from core.api.operations import IDEMPOTENCY_KEY, WRITE, caller_id, operation_of
from core.api.pagination import NewestFirst
from core.api.query_params import checked_query
from core.database.replicas import may_be_stale
from core.database.transactions import retry_deadlocks
from core.errors import (
    AmbiguousName,
    BidTooLow,
    BuyNowGone,
    InsufficientFunds,
    LandListed,
    LandTaken,
    ListingClosed,
    ListingHasBids,
    MarketplacePaused,
    NotLandOwner,
    NotVerified,
    OwnListing,
    PriceMoved,
    TooManyListings,
    TooManyParcels,
    UnknownPlayer,
)
from marketplace import payloads, serializers
from marketplace.api.base import TAGS, MarketplaceView
from marketplace.models import Bid, Land, Listing
from marketplace.pagination import ByNumber
from marketplace.sales.auctions import place_bid
from marketplace.sales.listings import as_opened, cancel_listing, edit_price, open_listing
from marketplace.sales.ownership import buy_from_world, give_land
from marketplace.sales.purchases import buy_listing
from marketplace.selectors import (
    ORDERS,
    base_prices,
    bids_on,
    land_with_owner,
    lands_of_world,
    listing_with_names,
    listings_found,
)
from marketplace.world.land_attention import land_impact, look_at_land
from markets.payloads import given_json
from markets.serializers import BIOME
from trading.wallets.wallets import receiver_named

BID = (InsufficientFunds, TooManyParcels, MarketplacePaused, *WRITE)
DEAL = (PriceMoved, *BID)


class SearchOrder(NewestFirst):
    """Pages of listings in the order of the query."""

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        """Return the fields to order by, for the name of the order."""
        return ORDERS[request.query_params.get("order", "newest")]


class LandsView(MarketplaceView, PolledView, GenericAPIView[Land]):
    required_scope = READ
    serializer_class = serializers.LandReply
    pagination_class = ByNumber
    query_types = (serializers.LandQuery,)

    @extend_schema(
        tags=TAGS, responses=serializers.LandReply(many=True),
        operation_id="marketplace_lands_list",
    )  # fmt: skip
    @may_be_stale
    def get(self, request: Request) -> Response:
        """Return parcels, with the world's asking price for those that nobody owns."""
        asked = checked_query(serializers.LandQuery, request).validated_data
        biome = asked.pop("biome", None)
        lands = self.paginate_queryset(lands_of_world(now=timezone.now(), biome=biome and Biome(biome), **asked)) or []
        prices = base_prices(lands)
        return self.get_paginated_response([payloads.land_json(land, base_micro=prices[land.pk]) for land in lands])


class LandView(MarketplaceView, PolledView):
    required_scope = READ

    @extend_schema(tags=TAGS, responses=serializers.LandReply)
    def get(self, request: Request, land_id: int) -> Response:
        """Return one parcel."""
        land = land_with_owner(land_id)
        return Response(payloads.land_json(land, base_micro=base_prices([land])[land.pk]))


class BuyLandView(MarketplaceView):
    required_scope = TRADE
    moves_money = True

    @extend_schema(
        tags=TAGS, request=serializers.BuyLandRequest, parameters=[IDEMPOTENCY_KEY, *MADE],
        responses={201: serializers.LandSaleReply, **refusals(LandTaken, *DEAL)},
    )  # fmt: skip
    @retry_deadlocks
    def post(self, request: Request, land_id: int) -> Response:
        """Buy a parcel from the world at its base price."""
        asked = serializers.BuyLandRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        sale = buy_from_world(
            operation=operation_of(request),
            player_id=caller_id(request),
            land_id=land_id,
            most_micro=asked.validated_data["most"],
            now=timezone.now(),
        )
        return made_transaction(payloads.land_sale_json(sale), sale)


class GiveLandView(MarketplaceView):
    required_scope = TRANSFER
    moves_money = True

    @extend_schema(
        tags=TAGS, request=serializers.GiveLandRequest, parameters=[IDEMPOTENCY_KEY, *MADE],
        responses={
            201: serializers.LandSaleReply,
            **refusals(
                NotLandOwner, LandListed, TooManyParcels, UnknownPlayer, AmbiguousName, NotVerified, InsufficientFunds,
                MarketplacePaused, *WRITE,
            ),
        },
    )  # fmt: skip
    @retry_deadlocks
    def post(self, request: Request, land_id: int) -> Response:
        """Give a parcel of your own to another player."""
        asked = serializers.GiveLandRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        gift = give_land(
            operation=operation_of(request),
            player_id=caller_id(request),
            land_id=land_id,
            receiver_id=receiver_named(asked.validated_data["to"], attr="to").pk,
            reason=asked.validated_data["note"],
            now=timezone.now(),
        )
        return made_transaction(payloads.land_sale_json(gift), gift)


class LookView(MarketplaceView):
    required_scope = ATTENTION
    # Who can fake attention can move prices: an account that was closed gives none.
    authentication_classes = ApiView.authentication_classes

    @extend_schema(
        tags=TAGS, request=serializers.LookRequest, responses={200: serializers.LookReply, **refusals(NotVerified)}
    )
    def post(self, request: Request, land_id: int) -> Response:
        """Give attention to the parcel's biome, by looking at the parcel."""
        asked = serializers.LookRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        given = look_at_land(
            player_id=caller_id(request),
            land=Land.objects.get(pk=land_id),
            points=asked.validated_data["points"],
            now=timezone.now(),
        )
        return Response(given_json(given))


class ImpactView(MarketplaceView, PolledView):
    required_scope = READ
    query_types = (serializers.ImpactQuery,)

    @extend_schema(tags=TAGS, parameters=[BIOME], responses=serializers.ImpactReply)
    def get(self, request: Request, biome: str) -> Response:
        """Return the parcels that brought attention to a biome, and the effect on its price."""
        if biome not in Biome:
            raise NotFound("There is no such biome.")
        hours = serializers.IMPACT_HOURS[checked_query(serializers.ImpactQuery, request).validated_data["period"]]
        return Response(payloads.impact_json(land_impact(biome=Biome(biome), hours=hours, now=timezone.now())))


class ListingsView(MarketplaceView, PolledView, GenericAPIView[Listing]):
    required_scope = {"GET": READ, "POST": TRADE}
    moves_money = True

    serializer_class = serializers.ListingReply
    pagination_class = SearchOrder
    query_types = (serializers.ListingQuery,)

    @extend_schema(
        tags=TAGS, responses=serializers.ListingReply(many=True),
        operation_id="marketplace_listings_list",
    )  # fmt: skip
    @may_be_stale
    def get(self, request: Request) -> Response:
        """Search the listings."""
        asked = checked_query(serializers.ListingQuery, request).validated_data
        now = timezone.now()
        found = listings_found(
            now=now,
            status=asked["status"],
            biome=asked.get("biome"),
            kind=asked.get("kind"),
            seller=asked.get("seller"),
            land_id=asked.get("land"),
            least_micro=asked.get("least"),
            most_micro=asked.get("most"),
            least_region=asked.get("least_region"),
        )
        listings = self.paginate_queryset(found) or []
        return self.get_paginated_response([payloads.listing_json(listing, now=now) for listing in listings])

    @extend_schema(
        tags=TAGS, request=serializers.OpenListingRequest, parameters=[IDEMPOTENCY_KEY, *MADE],
        responses={
            201: serializers.ListingReply,
            404: RefusalSerializer,
            **refusals(NotLandOwner, LandListed, TooManyListings, MarketplacePaused, *WRITE),
        },
    )  # fmt: skip
    @retry_deadlocks
    def post(self, request: Request) -> Response:
        """Offer a parcel of your own, at a fixed price or by auction."""
        asked = serializers.OpenListingRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        offer = asked.offer()
        opened = open_listing(
            operation=operation_of(request),
            seller_id=caller_id(request),
            land_id=asked.validated_data["land"],
            offer=offer,
            now=timezone.now(),
        )
        told = payloads.listing_json(as_opened(listing_with_names(opened.pk), offer), now=None)
        return made(told, at="marketplace:listing", is_replay=opened.is_replay, listing_id=opened.pk)


class ListingView(MarketplaceView, PolledView):
    required_scope = {"GET": READ, "PATCH": TRADE, "DELETE": TRADE}
    moves_money = True

    @extend_schema(tags=TAGS, responses=serializers.ListingReply)
    def get(self, request: Request, listing_id: int) -> Response:
        """Return one listing. From its end until it is settled, within seconds, its status is `ended`."""
        return Response(payloads.listing_json(listing_with_names(listing_id), now=timezone.now()))

    @extend_schema(
        tags=TAGS, request=serializers.EditListingRequest,
        responses={200: serializers.ListingReply, **refusals(NotLandOwner, ListingClosed, ListingHasBids, *WRITE)},
    )  # fmt: skip
    @retry_deadlocks
    def patch(self, request: Request, listing_id: int) -> Response:
        """Change the price. Not of an auction with bids."""
        asked = serializers.EditListingRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        now = timezone.now()
        edit_price(
            listing_id=listing_id,
            seller_id=caller_id(request),
            price_micro=asked.validated_data["price"],
            now=now,
        )
        return Response(payloads.listing_json(listing_with_names(listing_id), now=now))

    @extend_schema(
        tags=TAGS, request=None, responses={204: None, **refusals(NotLandOwner, ListingClosed, ListingHasBids, *WRITE)}
    )
    @retry_deadlocks
    def delete(self, request: Request, listing_id: int) -> Response:
        """Cancel your offer. Not with bids."""
        cancel_listing(listing_id=listing_id, seller_id=caller_id(request), now=timezone.now())
        return Response(status=HTTPStatus.NO_CONTENT)


class BidsView(MarketplaceView, PolledView, GenericAPIView[Bid]):
    required_scope = {"GET": READ, "POST": TRADE}
    moves_money = True

    serializer_class = serializers.BidReply
    pagination_class = NewestFirst

    @extend_schema(tags=TAGS, responses=serializers.BidReply(many=True), operation_id="marketplace_listings_bids_list")
    def get(self, request: Request, listing_id: int) -> Response:
        """Return an auction's bids, newest first."""
        listing = listing_with_names(listing_id)
        bids = self.paginate_queryset(bids_on(listing.pk)) or []
        return self.get_paginated_response([payloads.bid_json(bid) for bid in bids])

    @extend_schema(
        tags=TAGS, request=serializers.BidRequest, parameters=[IDEMPOTENCY_KEY, *MADE],
        responses={
            201: serializers.BidReply,
            **refusals(ListingClosed, OwnListing, BidTooLow, *BID),
        },
    )  # fmt: skip
    @retry_deadlocks
    def post(self, request: Request, listing_id: int) -> Response:
        """Bid up to a maximum."""
        asked = serializers.BidRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        bid = place_bid(
            operation=operation_of(request),
            listing_id=listing_id,
            bidder_id=caller_id(request),
            max_micro=asked.validated_data["max"],
            now=timezone.now(),
        )
        return made(payloads.bid_json(bid), at="marketplace:bids", is_replay=bid.is_replay, listing_id=bid.listing_id)


class BuyListingView(MarketplaceView):
    required_scope = TRADE
    moves_money = True

    @extend_schema(
        tags=TAGS, request=serializers.BuyListingRequest, parameters=[IDEMPOTENCY_KEY, *MADE],
        responses={201: serializers.LandSaleReply, **refusals(ListingClosed, BuyNowGone, OwnListing, *DEAL)},
    )  # fmt: skip
    @retry_deadlocks
    def post(self, request: Request, listing_id: int) -> Response:
        """Buy at the fixed price, or at an auction's buy-now price."""
        asked = serializers.BuyListingRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        sale = buy_listing(
            operation=operation_of(request),
            listing_id=listing_id,
            buyer_id=caller_id(request),
            most_micro=asked.validated_data["most"],
            now=timezone.now(),
        )
        return made_transaction(payloads.land_sale_json(sale), sale)
