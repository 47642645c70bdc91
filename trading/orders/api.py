"""The API of trades: quote, buy and sell. Refusals reach the client through `core.api.errors`."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.keys.holders import READ, TRADE
from accounts.sign_ins.authentication import BY_TOKEN_ALONE
from attention.biomes import Biome
from core.api.created import MADE, made_transaction
from core.api.known_fields import ApiView
from core.api.openapi_errors import refusals
from core.api.operations import IDEMPOTENCY_KEY, PLAYER_ONLY, WRITE, caller_id, operation_of
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
from trading.orders.market_orders import buy_shares, sell_shares
from trading.pricing.quotes import Quote, Side, quote_buy, quote_sell
from trading.serializers import BuyRequest, ImpactQuoteReply, QuoteRequest, SellRequest, TradeReply

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


def _quote(*, biome: str, side: str, spend: int | None = None, shares: int | None = None) -> Quote:
    market = Market.objects.get(pk=biome)
    version = settings_version(market.settings_id)
    if side == Side.BUY:
        return quote_buy(market=market, version=version, spend_micro=spend, shares_micro=shares)
    assert shares is not None
    return quote_sell(market=market, version=version, shares_micro=shares)
