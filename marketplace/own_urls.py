"""Addresses of a player's own data, land included, under /api/v1/."""

from django.urls import path

from marketplace import audit_api, own_api

urlpatterns = [
    path("transactions", audit_api.OwnTransactionsView.as_view(), name="own-transactions"),
    path("transactions/<int:number>", audit_api.OwnTransactionView.as_view(), name="own-transaction"),
    path("biome-market/operations/<str:key>", audit_api.OperationView.as_view(), name="operation"),
    path("wallet/holds", own_api.HoldsView.as_view(), name="holds"),
    path("marketplace/bids", own_api.OwnBidsView.as_view(), name="own-bids"),
]
