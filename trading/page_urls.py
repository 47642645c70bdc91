"""Addresses of the players' pages."""

from django.urls import path

from trading.views.exchange import exchange
from trading.views.market import market

urlpatterns = [
    path("", exchange, name="home"),
    path("biome-market/", exchange, name="exchange"),
    path("biome-market/<biome>/", market, name="market"),
]
