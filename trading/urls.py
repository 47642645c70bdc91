from django.urls import path

from trading import api

urlpatterns = [
    path("biome-market/quote", api.QuoteView.as_view(), name="quote"),
    path("biome-market/buy", api.BuyView.as_view(), name="buy"),
    path("biome-market/sell", api.SellView.as_view(), name="sell"),
    path("biome-market/portfolio", api.PortfolioView.as_view(), name="api-portfolio"),
    path("biome-market/transactions", api.TradesView.as_view(), name="trades"),
    path("biome-market/leaderboard", api.LeaderboardView.as_view(), name="leaderboard-api"),
    path("wallet", api.WalletView.as_view(), name="wallet"),
    path("wallet/topup", api.TopUpView.as_view(), name="topup"),
    path("wallet/withdraw", api.WithdrawView.as_view(), name="withdraw"),
    path("wallet/transfer", api.TransferView.as_view(), name="transfer"),
]
