"""The API of a player's own account: what is held, and what was traded."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.keys.holders import READ
from accounts.sign_ins.authentication import BY_TOKEN_ALONE
from core.api.conditional_get import OwnPolledView
from core.api.operations import PLAYER_ONLY, caller_id
from core.api.pagination import NewestFirst
from core.api.query_params import checked_query
from trading import payloads
from trading.models import Transaction
from trading.positions import Portfolio, portfolio_of
from trading.serializers import PortfolioReply, TradeReply
from trading.statements.csv_reply import AS_CSV, CsvToo, csv_reply, is_csv
from trading.statements.query import TradesQuery
from trading.wallets.wallets import wallet_or_empty


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
