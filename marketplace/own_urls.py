"""Addresses of a player's own data, land included, under /api/v1/."""

from django.urls import path

from marketplace.api import audit, own

urlpatterns = [
    path("transactions", audit.OwnTransactionsView.as_view(), name="own-transactions"),
    path("transactions/<int:number>", audit.OwnTransactionView.as_view(), name="own-transaction"),
    path("biome-market/operations/<str:key>", audit.OperationView.as_view(), name="operation"),
    path("wallet/holds", own.HoldsView.as_view(), name="holds"),
    path("marketplace/bids", own.OwnBidsView.as_view(), name="own-bids"),
]
