from django.apps import AppConfig


class MarketplaceConfig(AppConfig):
    """Land, and its trade at a fixed price or by auction."""

    name = "marketplace"

    def ready(self) -> None:
        """Tell the laws of money what bids reserve and who owns land, and every worth what land is worth."""
        from marketplace.laws import LAND_ACCOUNTS_LAW, LAND_LAW, RESERVED_BY_BIDS
        from marketplace.worth import LAND_ACCOUNTS, PARCELS_OWNED
        from trading import land, laws

        laws.reservations.append(RESERVED_BY_BIDS)
        laws.further_laws += [LAND_LAW, LAND_ACCOUNTS_LAW]
        land.parcels.append(PARCELS_OWNED)
        land.accounts.append(LAND_ACCOUNTS)
