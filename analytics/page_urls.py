"""Addresses of the pages of analytics."""

from django.urls import path

from analytics.views.leaderboard import leaderboard
from analytics.views.portfolio import portfolio, portfolio_owned, portfolio_worth

urlpatterns = [
    path("portfolio/", portfolio, name="portfolio"),
    path("portfolio/worth/", portfolio_worth, name="portfolio-worth"),
    path("portfolio/owned/", portfolio_owned, name="portfolio-owned"),
    path("leaderboard/", leaderboard, name="leaderboard"),
]
