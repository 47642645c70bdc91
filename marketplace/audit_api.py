"""The audit trail over the API: parse, call one function, render. Every kind of transaction, by who may read it."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.second_factor import session_of
from config.errors import UnknownPlayer
from config.pagination import NewestFirst
from config.polling import OwnPolledView
from config.queries import checked_query
from config.refusals import refusals
from marketplace.audit_serializers import AuditQuery, AuditReply
from marketplace.wire import audit_json
from trading.audience import whose
from trading.models import Transaction


class AuditTrailView(OwnPolledView, GenericAPIView[Transaction]):
    # Those that load the player: permissions decide what is shown.
    permission_classes = (IsAuthenticated,)
    serializer_class = AuditReply
    pagination_class = NewestFirst
    query_types = (AuditQuery,)

    @extend_schema(
        tags=["marketplace"], operation_id="marketplace_audit_trail_list",
        responses={200: AuditReply(many=True), **refusals(UnknownPlayer)},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """All that moved money or land of yours, newest first. Administrators: of any player, or of everyone."""
        assert isinstance(request.user, User)
        query = checked_query(AuditQuery, request)
        asked = query.validated_data
        player_id = whose(request.user, player=asked["player"], everyone=asked["everyone"], session=session_of(request))
        page = self.paginate_queryset(query.movements(player_id)) or []  # type: ignore[arg-type]  # see Movements
        return self.get_paginated_response([audit_json(movement) for movement in page])  # type: ignore[arg-type]
