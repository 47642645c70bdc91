"""Addresses of the players' pages."""

from django.urls import path

from trading.views.exchange import exchange

urlpatterns = [
    path("", exchange, name="home"),
    path("biome-market/", exchange, name="exchange"),
]
