from django.apps import AppConfig


class MarketplaceConfig(AppConfig):
    """Land, and its trade at a fixed price or by auction."""

    name = "marketplace"

    def ready(self) -> None:
        """Tell the laws of money what bids reserve, and who owns land."""
        from marketplace.laws import LAND_LAW, RESERVED_BY_BIDS
        from trading import laws

        laws.reservations.append(RESERVED_BY_BIDS)
        laws.further_laws.append(LAND_LAW)
