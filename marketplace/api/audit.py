"""The audit trail over the API: transactions of every kind, for those who may read them."""

from __future__ import annotations

from typing import cast

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.keys.holders import READ
from accounts.models import User
from accounts.sign_ins.authentication import BY_TOKEN_ALONE
from accounts.sign_ins.second_factor import session_of
from core.api.conditional_get import OwnPolledView
from core.api.known_fields import ApiView
from core.api.openapi_errors import RefusalSerializer, refusals
from core.api.operations import caller_id, operation_from
from core.api.pagination import NewestFirst
from core.api.query_params import checked_query
from core.errors import UnknownPlayer
from marketplace.api.audit_serializers import AuditQuery, AuditReply, OperationReply
from marketplace.payloads import audit_json, operation_json
from marketplace.selectors import outcome_of
from trading.models import Transaction
from trading.statements.access import whose
from trading.statements.csv_reply import AS_CSV, CsvToo, csv_reply, is_csv
from trading.statements.history import movement_asked_by, movement_of
from trading.statements.query import HistoryQuery


class AuditTrailView(CsvToo, OwnPolledView, GenericAPIView[Transaction]):
    required_scope = READ
    # Those that load the player: permissions decide what is shown.
    permission_classes = (IsAuthenticated,)
    serializer_class = AuditReply
    pagination_class = NewestFirst
    query_types = (AuditQuery,)
    vary_on = (*OwnPolledView.vary_on, "Accept")

    @extend_schema(
        tags=["marketplace"], operation_id="marketplace_audit_trail_list",
        responses={200: AuditReply(many=True), 403: RefusalSerializer, **AS_CSV, **refusals(UnknownPlayer)},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Return all transactions of money or land of yours, newest first.

        Administrators: of any player, or of everyone.
        """
        query = checked_query(AuditQuery, request)
        asked = query.validated_data
        viewer = cast(User, request.user)
        player_id = whose(
            viewer, player=asked.get("player", ""), everyone=asked["everyone"], session=session_of(request)
        )
        movements = query.movements(player_id)
        if is_csv(request):
            return csv_reply(request, movements, since=asked.get("since"), until=asked.get("until"))
        page = self.paginate_queryset(movements) or []  # type: ignore[arg-type]  # see Movements
        return self.get_paginated_response([audit_json(movement) for movement in page])  # type: ignore[arg-type]


class OwnTransactionsView(CsvToo, OwnPolledView, GenericAPIView[Transaction]):
    required_scope = READ
    authentication_classes = BY_TOKEN_ALONE
    permission_classes = (IsAuthenticated,)
    serializer_class = AuditReply
    pagination_class = NewestFirst
    query_types = (HistoryQuery,)
    vary_on = (*OwnPolledView.vary_on, "Accept")

    @extend_schema(
        tags=["wallet"], responses={200: AuditReply(many=True), **AS_CSV},
        operation_id="transactions_list",
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Return all transactions of money or land of yours, newest first: trades, land, transfers and the rest."""
        query = checked_query(HistoryQuery, request)
        movements = query.movements(caller_id(request))
        if is_csv(request):
            asked = query.validated_data
            return csv_reply(request, movements, since=asked.get("since"), until=asked.get("until"))
        page = self.paginate_queryset(movements) or []  # type: ignore[arg-type]  # see Movements
        return self.get_paginated_response([audit_json(movement) for movement in page])  # type: ignore[arg-type]


class OwnTransactionView(OwnPolledView):
    required_scope = READ
    authentication_classes = BY_TOKEN_ALONE
    permission_classes = (IsAuthenticated,)

    @extend_schema(tags=["wallet"], responses=AuditReply, operation_id="transactions_retrieve")
    def get(self, request: Request, number: int) -> Response:
        """Return one transaction of yours, or that you asked for. `Location` headers lead here."""
        player_id = caller_id(request)
        movement = movement_of(player_id, number=number) or movement_asked_by(player_id, number=number)
        if movement is None:
            raise NotFound("You have no such transaction.")
        return Response(audit_json(movement))


class OperationView(ApiView):
    required_scope = READ
    authentication_classes = BY_TOKEN_ALONE
    permission_classes = (IsAuthenticated,)

    @extend_schema(
        tags=["biome-market"],
        responses=OperationReply,
        parameters=[OpenApiParameter("key", OpenApiTypes.UUID, OpenApiParameter.PATH)],
        operation_id="biome_market_operations_retrieve",
    )
    def get(self, request: Request, key: str) -> Response:
        """Return the result of a request that you sent with this Idempotency-Key.

        `done`: it was executed, and made what `made` names. `unknown`: nothing was made by it so far; it was
        refused, has not arrived, or is under way. To send the same request with the same key again is right in every
        case. Keys are kept as long as what they made: transactions, listings and bids for ever.
        """
        found = outcome_of(operation_from(key, attr="key"), player_id=caller_id(request))
        return Response(operation_json(found))
