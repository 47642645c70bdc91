from django.urls import path

from trading.orders import api as orders_api
from trading.statements import api as statements_api
from trading.wallets import api as wallets_api

urlpatterns = [
    path("biome-market/quote", orders_api.QuoteView.as_view(), name="quote"),
    path("biome-market/buy", orders_api.BuyView.as_view(), name="buy"),
    path("biome-market/sell", orders_api.SellView.as_view(), name="sell"),
    path("biome-market/portfolio", statements_api.PortfolioView.as_view(), name="api-portfolio"),
    path("biome-market/transactions", statements_api.TradesView.as_view(), name="trades"),
    path("wallet", wallets_api.WalletView.as_view(), name="wallet"),
    path("wallet/topup", wallets_api.TopUpView.as_view(), name="topup"),
    path("wallet/withdraw", wallets_api.WithdrawView.as_view(), name="withdraw"),
    path("wallet/transfer", wallets_api.TransferView.as_view(), name="transfer"),
]
