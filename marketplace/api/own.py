"""A player's private data of the marketplace over the API: bids with their maximum, and money that is held."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.keys.holders import READ
from accounts.sign_ins.authentication import BY_TOKEN_ALONE
from core.api.conditional_get import OwnPolledView
from core.api.operations import caller_id
from core.api.pagination import NewestFirst
from marketplace import payloads, serializers
from marketplace.models import Bid
from marketplace.selectors import listings_led_by, own_bids


class OwnBidsView(OwnPolledView, GenericAPIView[Bid]):
    required_scope = READ
    authentication_classes = BY_TOKEN_ALONE
    permission_classes = (IsAuthenticated,)
    serializer_class = serializers.OwnBidReply
    pagination_class = NewestFirst

    @extend_schema(
        tags=["marketplace"],
        responses=serializers.OwnBidReply(many=True),
        operation_id="marketplace_own_bids_list",
    )
    def get(self, request: Request) -> Response:
        """Return your bids, newest first, with your maximums."""
        bids = self.paginate_queryset(own_bids(caller_id(request))) or []
        now = timezone.now()
        return self.get_paginated_response([payloads.own_bid_json(bid, now=now) for bid in bids])


class HoldsView(OwnPolledView):
    required_scope = READ
    authentication_classes = BY_TOKEN_ALONE
    permission_classes = (IsAuthenticated,)

    @extend_schema(tags=["wallet"], responses=serializers.HoldsReply)
    def get(self, request: Request) -> Response:
        """Return the parts of the wallet's `held`: each auction that you lead holds the maximum of your bid."""
        return Response(payloads.holds_json(list(listings_led_by(caller_id(request)))))
