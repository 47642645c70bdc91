from django.apps import AppConfig


class TradingConfig(AppConfig):
    """Wallets, holdings and the unified transactions table: buying, selling, portfolio."""

    name = "trading"
