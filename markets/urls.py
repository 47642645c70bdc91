"""The markets' addresses, under /api/v1/biome-market/."""

from django.urls import path

from markets import api
from markets.rules import api as rules_api

app_name = "markets"

urlpatterns = [
    path("markets", api.MarketsView.as_view(), name="markets"),
    path("markets/<str:biome>", api.MarketView.as_view(), name="market"),
    path("price-changes", api.PriceChangesView.as_view(), name="price-changes"),
    path("price-changes/coming", api.ComingPricesView.as_view(), name="coming-prices"),
    path("price-history/<str:biome>", api.PriceHistoryView.as_view(), name="price-history"),
    path("candles/<str:biome>", api.CandlesView.as_view(), name="candles"),
    path("rules", rules_api.RulesView.as_view(), name="rules"),
    path("cycles", rules_api.CyclesView.as_view(), name="cycles"),
    path("cycles/<int:number>", api.CycleView.as_view(), name="cycle"),
    path("track-attention", api.TrackAttentionView.as_view(), name="track-attention"),
]
