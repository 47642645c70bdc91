from django.apps import AppConfig


class TradingConfig(AppConfig):
    """Wallets, holdings and the unified transactions table: buying, selling, portfolio."""

    name = "trading"

    def ready(self) -> None:
        """Connect the starting grant to registration and to the verification of addresses."""
        from accounts import registration
        from accounts.mail import new_address
        from trading.wallets.starting_grants import grant_new_player, grant_verified_player

        registration.when_registered.append(grant_new_player)
        new_address.when_verified.append(grant_verified_player)
