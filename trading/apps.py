from django.apps import AppConfig


class TradingConfig(AppConfig):
    """Wallets, holdings and the unified transactions table: buying, selling, portfolio."""

    name = "trading"

    def ready(self) -> None:
        """Connect the starting grant to the verification of addresses."""
        from accounts.mail import new_address
        from trading.wallets.wallets import grant_who_was_verified

        new_address.when_verified.append(grant_who_was_verified)
