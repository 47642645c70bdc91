"""Addresses of the API of analytics, under /api/v1/."""

from django.urls import path

from analytics import api

urlpatterns = [
    path("biome-market/leaderboard", api.LeaderboardView.as_view(), name="leaderboard-api"),
]
