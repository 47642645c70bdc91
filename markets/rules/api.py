"""The API of the rules, the time and the receipts of cycles. Everyone may read."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.keys.holders import READ
from accounts.sign_ins.authentication import BY_TOKEN_ALONE
from core.api import timestamps
from core.api.conditional_get import PolledView
from core.api.known_fields import ApiView
from core.api.pagination import NewestFirst
from core.api.query_params import checked_query
from core.database.replicas import may_be_stale
from markets import payloads, serializers
from markets.economic_settings import current_settings
from markets.models import Cycle
from markets.rules.rules import rules_json
from markets.rules.serializers import RulesReply, TimeReply
from markets.selectors import cycles_between, ticks_in_order

#: Each has seven markets.
_CYCLES_MAX = 100


class NewestNumberFirst(NewestFirst):
    """Pages of cycles, newest first."""

    ordering = "-number"
    max_page_size = _CYCLES_MAX


class RulesView(PolledView):
    authentication_classes = BY_TOKEN_ALONE
    permission_classes = (AllowAny,)
    required_scope = READ

    @extend_schema(tags=["biome-market"], responses=RulesReply, operation_id="biome_market_rules_retrieve")
    def get(self, request: Request) -> Response:
        """Return the current limits and fees. The ETag changes when any of them does."""
        return Response(rules_json(current_settings()))


class TimeView(ApiView):
    # The same for everybody: no credential is looked at.
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(tags=["biome-market"], responses=TimeReply, operation_id="time_retrieve")
    def get(self, request: Request) -> Response:
        """Return the server's time, which decides when listings end. Needs no database."""
        now = timezone.now()
        return Response({"at": timestamps.time_text(now), "unix_ms": int(now.timestamp() * 1000)})


class CyclesView(PolledView, GenericAPIView[Cycle]):
    authentication_classes = BY_TOKEN_ALONE
    permission_classes = (AllowAny,)
    required_scope = READ
    serializer_class = serializers.CycleReply
    pagination_class = NewestNumberFirst
    query_types = (serializers.PeriodQuery,)

    @extend_schema(
        tags=["biome-market"],
        responses=serializers.CycleReply(many=True),
        operation_id="biome_market_cycles_list",
    )
    @may_be_stale
    def get(self, request: Request) -> Response:
        """Return receipts of cycles, newest first: each is enough to compute it again, as docs/cycles.md explains."""
        query = checked_query(serializers.PeriodQuery, request).validated_data
        page = self.paginate_queryset(cycles_between(**query)) or []
        return self.get_paginated_response([payloads.cycle_json(cycle, ticks_in_order(cycle)) for cycle in page])
