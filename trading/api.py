"""The trading API. Refusals reach the client through `config.problems`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import BY_TOKEN_ALONE
from accounts.key_holders import READ, TRADE, TRANSFER
from accounts.second_factor import has_power, session_of
from attention.biomes import Biome
from config.api_requests import ApiView
from config.database import retry_deadlocks
from config.errors import (
    AmbiguousName,
    AmountTooSmall,
    IdempotencyConflict,
    InsufficientFunds,
    InsufficientShares,
    MarketBusy,
    NotVerified,
    PriceMoved,
    SoldOut,
    TradeTooLarge,
    TradingPaused,
    UnknownPlayer,
)
from config.made import MADE, made_transaction
from config.pagination import NewestFirst, PageQuery
from config.polling import OwnPolledView
from config.queries import checked_query
from config.refusals import refusals
from config.replicas import may_be_stale
from markets.economy import settings_version
from markets.models import Market
from trading import wire
from trading.csv_reply import AS_CSV, CsvToo, csv_reply, is_csv
from trading.history_query import TradesQuery
from trading.leaderboard import PAGES, leaderboard_of
from trading.models import Transaction
from trading.orders import buy_shares, sell_shares
from trading.portfolio import Portfolio, portfolio_of
from trading.quotes import Quote, Side, quote_buy, quote_sell
from trading.serializers import (
    BuyRequest,
    ImpactQuoteReply,
    LeaderboardQuery,
    LeaderboardReply,
    MovementReply,
    OutsideMoneyRequest,
    PortfolioReply,
    QuoteRequest,
    ReceiverQuery,
    ReceiverReply,
    SellRequest,
    TradeReply,
    TransferRequest,
    WalletReply,
)
from trading.standings import Measure, Period, standings_of
from trading.wallets import player_named, receiver_named, top_up, transfer, wallet_of, withdraw

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    # Not as a UUID: generated clients would put that into a header as it is.
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    pattern="^{0}{0}-{0}-{0}-{0}-{0}{0}{0}$".format("[0-9a-fA-F]{4}"),
    examples=[OpenApiExample("a key of yours", "0b6f3f7e-58a4-4c3a-9a3c-5f1d2c3b4a59")],
    description="A UUID of yours. The same key with the same request gives the first answer again, and is carried out "
    "once; with another request it is a conflict. A request that timed out is unknown, not failed: send it again.",
)
FILL = (AmountTooSmall, InsufficientShares, SoldOut, TradeTooLarge, TradingPaused)
WRITE = (IdempotencyConflict, MarketBusy)
FILL_REFUSALS = refusals(*FILL)
TRADE_REFUSALS = refusals(*FILL, InsufficientFunds, PriceMoved, *WRITE)
MONEY = (InsufficientFunds, UnknownPlayer, *WRITE)
MONEY_REFUSALS = refusals(*MONEY)
PLAYER_ONLY = [IsAuthenticated]


class MovesOutsideMoney(BasePermission):
    """The permission of players whom an administrator allowed to top up and withdraw."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the caller holds the permission, and has proved it (`accounts.second_factor`)."""
        return has_power(request.user, "trading.move_outside_money", session_of(request))


class QuoteView(ApiView):
    required_scope = READ
    authentication_classes = BY_TOKEN_ALONE
    permission_classes = PLAYER_ONLY

    @extend_schema(tags=["biome-market"], request=QuoteRequest, responses={200: ImpactQuoteReply, **FILL_REFUSALS})
    def post(self, request: Request) -> Response:
        """Return the exact fill that a trade would get now."""
        asked = QuoteRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response(wire.quote_json(_quote(**asked.validated_data)))


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
        return made_transaction(wire.trade_json(bought), bought)


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
        return made_transaction(wire.trade_json(sold), sold)


class PortfolioView(OwnPolledView):
    required_scope = READ
    authentication_classes = BY_TOKEN_ALONE
    permission_classes = PLAYER_ONLY

    @extend_schema(tags=["biome-market"], responses=PortfolioReply)
    def get(self, request: Request) -> Response:
        """Return holdings with average cost, mark and value if sold now; realised and unrealised gain; balance."""
        player_id = caller_id(request)
        portfolio = portfolio_of(player_id=player_id) or Portfolio(
            wallet_of(player_id=player_id, now=timezone.now()), []
        )
        return Response(wire.portfolio_json(portfolio))


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
        return self.get_paginated_response([wire.trade_json(trade) for trade in page or []])


class LeaderboardView(OwnPolledView):
    required_scope = READ
    authentication_classes = BY_TOKEN_ALONE
    permission_classes = (AllowAny,)
    query_types = (LeaderboardQuery, PageQuery)

    @extend_schema(tags=["biome-market"], responses=LeaderboardReply)
    @may_be_stale
    def get(self, request: Request) -> Response:
        """Return the players' ranking, the best first, and the biomes by volume traded. Computed anew each minute."""
        asked = checked_query(LeaderboardQuery, request)
        period, by = Period(asked.validated_data["period"]), Measure(asked.validated_data["by"])
        pages = PAGES[by]()
        page = pages.paginate_queryset(standings_of(period=period, by=by), request) or []
        leaderboard = leaderboard_of(
            period=period, by=by, standings=page, player_id=request.user.pk, now=timezone.now()
        )
        links = {"next": pages.get_next_link(), "previous": pages.get_previous_link()}
        return Response(links | wire.leaderboard_json(leaderboard))


class WalletView(OwnPolledView):
    required_scope = READ
    authentication_classes = BY_TOKEN_ALONE
    permission_classes = PLAYER_ONLY

    @extend_schema(tags=["wallet"], responses=WalletReply)
    def get(self, request: Request) -> Response:
        """Return the balance, the reserved money, and both together."""
        return Response(wire.wallet_json(wallet_of(player_id=caller_id(request), now=timezone.now())))


class TopUpView(ApiView):
    moves_money = True
    permission_classes = [MovesOutsideMoney]

    @extend_schema(
        tags=["wallet"],
        request=OutsideMoneyRequest,
        responses={201: MovementReply, **MONEY_REFUSALS},
        parameters=[IDEMPOTENCY_KEY, *MADE],
    )
    @retry_deadlocks
    def post(self, request: Request) -> Response:
        """Bring money from outside into a player's wallet. For those allowed to."""
        return _move_outside_money(request, top_up)


class WithdrawView(ApiView):
    moves_money = True
    permission_classes = [MovesOutsideMoney]

    @extend_schema(
        tags=["wallet"],
        request=OutsideMoneyRequest,
        responses={201: MovementReply, **MONEY_REFUSALS},
        parameters=[IDEMPOTENCY_KEY, *MADE],
    )
    @retry_deadlocks
    def post(self, request: Request) -> Response:
        """Take money out of a player's wallet to the outside. For those allowed to."""
        return _move_outside_money(request, withdraw)


class TransferView(ApiView):
    required_scope = {"GET": READ, "POST": TRANSFER}
    moves_money = True
    authentication_classes = BY_TOKEN_ALONE
    permission_classes = PLAYER_ONLY
    query_types = (ReceiverQuery,)

    @extend_schema(
        tags=["wallet"],
        operation_id="wallet_transfer_receiver",
        responses={200: ReceiverReply, **refusals(UnknownPlayer, AmbiguousName)},
    )
    def get(self, request: Request) -> Response:
        """Return the player whom a transfer, or a gift of land, would reach by a name. Nothing is sent."""
        asked = checked_query(ReceiverQuery, request)
        return Response(ReceiverReply(receiver_named(asked.validated_data["to"], attr="to")).data)

    @extend_schema(
        tags=["wallet"],
        request=TransferRequest,
        responses={201: MovementReply, **refusals(*MONEY, AmbiguousName, NotVerified)},
        parameters=[IDEMPOTENCY_KEY, *MADE],
    )
    @retry_deadlocks
    def post(self, request: Request) -> Response:
        """Give money to another player."""
        asked = TransferRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        moved = transfer(
            operation=operation_of(request),
            player_id=caller_id(request),
            payee_id=receiver_named(asked.validated_data["to"], attr="to").pk,
            amount_micro=asked.validated_data["amount"],
            reason=asked.validated_data["note"],
            now=timezone.now(),
        )
        return made_transaction(wire.movement_json(moved, player_id=caller_id(request)), moved)


def _move_outside_money(request: Request, move: Callable[..., Transaction]) -> Response:
    asked = OutsideMoneyRequest(data=request.data)
    asked.is_valid(raise_exception=True)
    moved = move(
        operation=operation_of(request),
        initiator_id=request.user.pk,
        player_id=player_named(asked.validated_data["player"], attr="player", closed_too=True).pk,
        amount_micro=asked.validated_data["amount"],
        reason=asked.validated_data["reason"],
        now=timezone.now(),
    )
    return made_transaction(wire.movement_json(moved), moved)


def _quote(*, biome: str, side: str, spend: int | None = None, shares: int | None = None) -> Quote:
    market = Market.objects.get(pk=biome)
    version = settings_version(market.settings_id)
    if side == Side.BUY:
        return quote_buy(market=market, version=version, spend_micro=spend, shares_micro=shares)
    assert shares is not None
    return quote_sell(market=market, version=version, shares_micro=shares)


def caller_id(request: Request) -> int:
    """Return the id of the player who makes the request."""
    assert request.user.pk is not None  # the views' permissions let nobody else in
    return request.user.pk


def operation_of(request: Request) -> UUID:
    """Return the request's Idempotency-Key, or a new one where the client sent none. Raises ValidationError."""
    key = request.headers.get("Idempotency-Key")
    return uuid4() if key is None else operation_from(key, attr="Idempotency-Key")


def operation_from(key: str, *, attr: str) -> UUID:
    """Return the id in a client's key. Raises ValidationError on `attr`."""
    try:
        return UUID(key)
    except ValueError:
        raise ValidationError({attr: "A UUID is required."}, code="invalid") from None
