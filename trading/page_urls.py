"""Addresses of the players' pages."""

from django.urls import path

from trading.views.exchange import exchange, intro
from trading.views.market import market, market_trades, market_why
from trading.views.order_ticket import quote
from trading.views.trade import trade
from trading.views.transactions import transaction, transactions, transactions_csv
from trading.views.transfers import send_money

urlpatterns = [
    path("", exchange, name="home"),
    path("biome-market/", exchange, name="exchange"),
    path("intro/", intro, name="intro"),
    path("biome-market/<biome>/", market, name="market"),
    path("biome-market/<biome>/quote/", quote, name="ticket-quote"),
    path("biome-market/<biome>/trade/", trade, name="trade"),
    path("biome-market/<biome>/why/", market_why, name="market-why"),
    path("biome-market/<biome>/trades/", market_trades, name="market-trades"),
    path("transactions/", transactions, name="transactions"),
    path("transactions/export/", transactions_csv, name="transactions-csv"),
    path("transactions/<int:number>/", transaction, name="transaction"),
    path("transfer/", send_money, name="send-money"),
]
