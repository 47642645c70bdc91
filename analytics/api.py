"""The API of analytics: the leaderboard. Everyone may read; a player is told the own place."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.keys.holders import READ
from accounts.sign_ins.authentication import BY_TOKEN_ALONE
from analytics import payloads
from analytics.leaderboard.page import PAGES, leaderboard_of
from analytics.leaderboard.rankings import Measure, Period, standings_of
from analytics.serializers import LeaderboardQuery, LeaderboardReply
from core.api.conditional_get import OwnPolledView
from core.api.pagination import PageQuery
from core.api.query_params import checked_query
from core.database.replicas import may_be_stale


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
        return Response(links | payloads.leaderboard_json(leaderboard))
