"""Addresses of a player's own data, land included, under /api/v1/."""

from django.urls import path

from marketplace.audit import api
from marketplace.sales import own_api

urlpatterns = [
    path("transactions", api.OwnTransactionsView.as_view(), name="own-transactions"),
    path("transactions/<int:number>", api.OwnTransactionView.as_view(), name="own-transaction"),
    path("biome-market/operations/<str:key>", api.OperationView.as_view(), name="operation"),
    path("wallet/holds", own_api.HoldsView.as_view(), name="holds"),
    path("marketplace/bids", own_api.OwnBidsView.as_view(), name="own-bids"),
]
