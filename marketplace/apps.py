from django.apps import AppConfig


class MarketplaceConfig(AppConfig):
    """Land, and its trade at a fixed price or by auction."""

    name = "marketplace"

    def ready(self) -> None:
        """Register the marketplace's queries: reserved money and owned land for the laws, and the worth of land."""
        from marketplace.laws import LAND_ACCOUNTS_LAW, LAND_LAW, RESERVED_BY_BIDS
        from marketplace.worth import LAND_ACCOUNTS, PARCELS_OWNED
        from trading import land, laws

        laws.reservations.append(RESERVED_BY_BIDS)
        laws.further_laws += [LAND_LAW, LAND_ACCOUNTS_LAW]
        land.parcels.append(PARCELS_OWNED)
        land.accounts.append(LAND_ACCOUNTS)
