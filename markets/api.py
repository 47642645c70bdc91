"""The market API: parse, call one function, render. Guests may read; attention needs a player."""

from __future__ import annotations

import re
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.keys.holders import ATTENTION, READ
from accounts.sign_ins.authentication import BY_TOKEN_ALONE
from attention.biomes import Biome
from attention.selectors import attention_of
from core.api.conditional_get import PolledView, UnchangingView
from core.api.known_fields import ApiView
from core.api.openapi_errors import refusals
from core.api.pagination import NewestFirst
from core.api.query_params import checked_query
from core.database.replicas import may_be_stale
from core.errors import NotVerified
from markets import payloads, serializers
from markets.economic_settings import current_settings
from markets.history.price_changes import coming_prices, price_changes
from markets.history.tick_candles import candles_of
from markets.models import Candle, Cycle, Tick
from markets.redistribution.attention import track_attention
from markets.selectors import cycle_with_ticks, ticks_between
from markets.snapshot import take_snapshot
from streams import event_log
from streams.access.address import stream_url

_SEQ = re.compile(rb'"seq":[0-9]+')


class NewestCycleFirst(NewestFirst):
    """Pages of ticks, newest first."""

    ordering = "-cycle_id"


class NewestCandlesFirst(NewestFirst):
    """Pages of candles: the first page has the newest, each page has its own oldest first, as charts need them."""

    ordering = "-opened_at"


class SnapshotView(PolledView):
    """The base of views of the markets' current state."""

    required_scope = READ

    def meaning_of(self, body: bytes) -> bytes:
        """Return the body without the stream position, which changes even when nothing else here does."""
        return _SEQ.sub(b"", body, count=1)


class MarketsView(SnapshotView):
    authentication_classes = BY_TOKEN_ALONE
    permission_classes = (AllowAny,)

    @extend_schema(tags=["biome-market"], responses=serializers.MarketsReply, operation_id="biome_market_markets_list")
    def get(self, request: Request) -> Response:
        """Return the current state of the seven markets and the live stream's position to continue from."""
        return Response(_snapshot_reply(request))


class MarketView(SnapshotView):
    authentication_classes = BY_TOKEN_ALONE
    permission_classes = (AllowAny,)

    @extend_schema(tags=["biome-market"], parameters=[serializers.BIOME], responses=serializers.MarketsReply)
    def get(self, request: Request, biome: str) -> Response:
        """Return the current state of one market, in the shape of the snapshot of all markets."""
        return Response(_snapshot_reply(request, _biome_or_404(biome)))


class PriceChangesView(PolledView):
    required_scope = READ
    authentication_classes = BY_TOKEN_ALONE
    permission_classes = (AllowAny,)

    @extend_schema(
        tags=["biome-market"],
        responses=serializers.PriceChangesReply(many=True),
        operation_id="biome_market_price_changes_list",
    )
    def get(self, request: Request) -> Response:
        """Return the change of each price over 5 minutes, an hour and a day, in canonical order."""
        changes = price_changes(timezone.now())
        return Response([payloads.changes_json(biome, changed) for biome, changed in changes.items()])


class ComingPricesView(PolledView):
    required_scope = READ
    authentication_classes = BY_TOKEN_ALONE
    permission_classes = (AllowAny,)
    query_types = (serializers.ComingPricesQuery,)

    @extend_schema(
        tags=["biome-market"],
        responses=serializers.ComingPricesReply,
        operation_id="biome_market_price_changes_coming_retrieve",
    )
    def get(self, request: Request) -> Response:
        """Return the past prices that the coming seconds' prices compare with, for clients that update changes
        themselves.
        """
        asked = checked_query(serializers.ComingPricesQuery, request).validated_data
        biomes = [Biome(asked["biome"])] if "biome" in asked else list(Biome)
        return Response(payloads.coming_prices_json(coming_prices(timezone.now(), biomes=biomes)))


class PriceHistoryView(PolledView, GenericAPIView[Tick]):
    required_scope = READ
    authentication_classes = BY_TOKEN_ALONE
    permission_classes = (AllowAny,)
    serializer_class = serializers.TickReply
    pagination_class = NewestCycleFirst
    query_types = (serializers.PeriodQuery,)

    @extend_schema(
        tags=["biome-market"],
        parameters=[serializers.BIOME],
        responses=serializers.TickReply(many=True),
        operation_id="biome_market_price_history_list",
    )
    @may_be_stale
    def get(self, request: Request, biome: str) -> Response:
        """Return a market's ticks, one a cycle, newest first."""
        query = checked_query(serializers.PeriodQuery, request).validated_data
        page = self.paginate_queryset(ticks_between(biome=_biome_or_404(biome), **query)) or []
        return self.get_paginated_response([payloads.tick_json(tick) for tick in page])


class CandlesView(PolledView, GenericAPIView[Candle]):
    required_scope = READ
    authentication_classes = BY_TOKEN_ALONE
    permission_classes = (AllowAny,)
    serializer_class = serializers.CandleReply
    pagination_class = NewestCandlesFirst
    query_types = (serializers.CandleQuery,)

    @extend_schema(
        tags=["biome-market"],
        parameters=[serializers.BIOME],
        responses=serializers.CandleReply(many=True),
        operation_id="biome_market_candles_list",
    )
    def get(self, request: Request, biome: str) -> Response:
        """Return a market's newest candles, oldest first; `next` leads to older ones."""
        query = checked_query(serializers.CandleQuery, request).validated_data
        candles = candles_of(_biome_or_404(biome), query.pop("interval"), **query)
        pages = self.pagination_class()
        page = pages.paginate_queryset(candles, request) or []
        return pages.get_paginated_response([payloads.candle_json(candle) for candle in reversed(page)])


class CycleView(UnchangingView):
    required_scope = READ
    authentication_classes = BY_TOKEN_ALONE
    permission_classes = (AllowAny,)

    @extend_schema(tags=["biome-market"], responses=serializers.CycleReply)
    def get(self, request: Request, number: int) -> Response:
        """Return a cycle's inputs and results: enough to compute it again."""
        try:
            cycle, ticks = cycle_with_ticks(number)
        except Cycle.DoesNotExist as error:
            raise NotFound("There is no such cycle, or its receipt was deleted.") from error
        return Response(payloads.cycle_json(cycle, ticks))


class TrackAttentionView(ApiView):
    required_scope = {"GET": READ, "POST": ATTENTION}
    permission_classes = (IsAuthenticated,)

    @extend_schema(tags=["biome-market"], responses=serializers.PlayerAttentionReply)
    def get(self, request: Request) -> Response:
        """Return the player's points on each biome, and what remains of the budget in the cycle under way."""
        biomes = attention_of(player_id=_player_id(request))
        budget = current_settings().attention_budget_points
        used = sum(biome.window_points for biome in biomes)
        return Response(
            {
                "budget": budget,
                "remaining": max(0, budget - used),
                "biomes": [payloads.biome_attention_json(biome) for biome in biomes],
            }
        )

    @extend_schema(
        tags=["biome-market"],
        request=serializers.AttentionRequest,
        responses={200: serializers.GivenAttentionReply, **refusals(NotVerified)},
        examples=[OpenApiExample("three points", {"biome": "ocean", "points": 3}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Give points to a biome in the next cycle. Points beyond the budget are dropped, and reported in the reply."""
        asked = serializers.AttentionRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        player_id = _player_id(request)
        given = track_attention(player_id=player_id, **asked.validated_data)
        [now] = [on for on in attention_of(player_id=player_id) if on.biome == asked.validated_data["biome"]]
        return Response(payloads.biome_attention_json(now) | payloads.given_json(given))


def _snapshot_reply(request: Request, biome: Biome | None = None) -> dict[str, Any]:
    # The position first: then no event that this state lacks can be at or before it.
    position = event_log.position()
    stream = {"epoch": position.epoch, "seq": position.seq, "url": stream_url(request)}
    return {"stream": stream, **take_snapshot(biome)}


def _biome_or_404(biome: str) -> Biome:
    try:
        return Biome(biome)
    except ValueError as error:
        raise NotFound("There is no such biome.") from error


def _player_id(request: Request) -> int:
    """Return the player's id. For views behind IsAuthenticated only."""
    assert request.user.pk is not None
    return request.user.pk
