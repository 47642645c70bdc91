"""The trading API. Refusals reach the client through `core.api.errors`."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.keys.holders import READ, TRADE
from accounts.sign_ins.authentication import BY_TOKEN_ALONE
from attention.biomes import Biome
from core.api.conditional_get import OwnPolledView
from core.api.created import MADE, made_transaction
from core.api.known_fields import ApiView
from core.api.openapi_errors import refusals
from core.api.operations import IDEMPOTENCY_KEY, PLAYER_ONLY, WRITE, caller_id, operation_of
from core.api.pagination import NewestFirst
from core.api.query_params import checked_query
from core.database.transactions import retry_deadlocks
from core.errors import (
    AmountTooSmall,
    InsufficientFunds,
    InsufficientShares,
    PriceMoved,
    SoldOut,
    TradeTooLarge,
    TradingPaused,
)
from markets.economic_settings import settings_version
from markets.models import Market
from trading import payloads
from trading.models import Transaction
from trading.orders.market_orders import buy_shares, sell_shares
from trading.positions import Portfolio, portfolio_of
from trading.pricing.quotes import Quote, Side, quote_buy, quote_sell
from trading.serializers import (
    BuyRequest,
    ImpactQuoteReply,
    PortfolioReply,
    QuoteRequest,
    SellRequest,
    TradeReply,
)
from trading.statements.csv_reply import AS_CSV, CsvToo, csv_reply, is_csv
from trading.statements.query import TradesQuery
from trading.wallets.wallets import wallet_or_empty

FILL = (AmountTooSmall, InsufficientShares, SoldOut, TradeTooLarge, TradingPaused)
FILL_REFUSALS = refusals(*FILL)
TRADE_REFUSALS = refusals(*FILL, InsufficientFunds, PriceMoved, *WRITE)


class QuoteView(ApiView):
    required_scope = READ
    authentication_classes = BY_TOKEN_ALONE
    permission_classes = PLAYER_ONLY

    @extend_schema(tags=["biome-market"], request=QuoteRequest, responses={200: ImpactQuoteReply, **FILL_REFUSALS})
    def post(self, request: Request) -> Response:
        """Return the exact fill that a trade would get now."""
        asked = QuoteRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response(payloads.quote_json(_quote(**asked.validated_data)))


class BuyView(ApiView):
    required_scope = TRADE
    moves_money = True
    authentication_classes = BY_TOKEN_ALONE
    permission_classes = PLAYER_ONLY

    @extend_schema(
        tags=["biome-market"],
        request=BuyRequest,
        responses={201: TradeReply, **TRADE_REFUSALS},
        parameters=[IDEMPOTENCY_KEY, *MADE],
    )
    @retry_deadlocks
    def post(self, request: Request) -> Response:
        """Buy shares: for an amount of BDT, fee included, or a number of shares."""
        asked = BuyRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        bought = buy_shares(
            operation=operation_of(request),
            player_id=caller_id(request),
            biome=Biome(asked.validated_data["biome"]),
            spend_micro=asked.validated_data.get("spend"),
            shares_micro=asked.validated_data.get("shares"),
            limit=asked.limit(),
            now=timezone.now(),
        )
        return made_transaction(payloads.trade_json(bought), bought)


class SellView(ApiView):
    required_scope = TRADE
    moves_money = True
    authentication_classes = BY_TOKEN_ALONE
    permission_classes = PLAYER_ONLY

    @extend_schema(
        tags=["biome-market"],
        request=SellRequest,
        responses={201: TradeReply, **TRADE_REFUSALS},
        parameters=[IDEMPOTENCY_KEY, *MADE],
    )
    @retry_deadlocks
    def post(self, request: Request) -> Response:
        """Sell a number of shares."""
        asked = SellRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        sold = sell_shares(
            operation=operation_of(request),
            player_id=caller_id(request),
            biome=Biome(asked.validated_data["biome"]),
            shares_micro=asked.validated_data["shares"],
            limit=asked.limit(),
            now=timezone.now(),
        )
        return made_transaction(payloads.trade_json(sold), sold)


class PortfolioView(OwnPolledView):
    required_scope = READ
    authentication_classes = BY_TOKEN_ALONE
    permission_classes = PLAYER_ONLY

    @extend_schema(tags=["biome-market"], responses=PortfolioReply)
    def get(self, request: Request) -> Response:
        """Return holdings with average cost, mark and value if sold now; realised and unrealised gain; balance."""
        player_id = caller_id(request)
        portfolio = portfolio_of(player_id=player_id) or Portfolio(wallet_or_empty(player_id=player_id), [])
        return Response(payloads.portfolio_json(portfolio))


class TradesView(CsvToo, OwnPolledView, ListAPIView[Transaction]):
    required_scope = READ
    authentication_classes = BY_TOKEN_ALONE
    permission_classes = PLAYER_ONLY
    vary_on = (*OwnPolledView.vary_on, "Accept")
    serializer_class = TradeReply
    pagination_class = NewestFirst
    query_types = (TradesQuery,)

    @extend_schema(
        tags=["biome-market"],
        summary="The player's trades, newest first",
        responses={200: TradeReply(many=True), **AS_CSV},
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the player's trades, newest first. Other movements of money or land are at `/api/v1/transactions`."""
        query = checked_query(TradesQuery, request)
        period = {name: query.validated_data.get(name) for name in ("since", "until")}
        if is_csv(request):
            return csv_reply(request, query.movements(caller_id(request)), **period)
        trades = Transaction.objects.filter(initiator_id=caller_id(request), **query.lookups())
        page = self.paginate_queryset(trades.select_related("market"))
        return self.get_paginated_response([payloads.trade_json(trade) for trade in page or []])


def _quote(*, biome: str, side: str, spend: int | None = None, shares: int | None = None) -> Quote:
    market = Market.objects.get(pk=biome)
    version = settings_version(market.settings_id)
    if side == Side.BUY:
        return quote_buy(market=market, version=version, spend_micro=spend, shares_micro=shares)
    assert shares is not None
    return quote_sell(market=market, version=version, shares_micro=shares)
