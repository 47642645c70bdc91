from django.apps import AppConfig


class MarketplaceConfig(AppConfig):
    """Land, and its trade at a fixed price or by auction."""

    name = "marketplace"

    def ready(self) -> None:
        """Register the marketplace's queries and its room: reserved money, owned land and its worth, the stream."""
        from marketplace.events import MARKETPLACE
        from marketplace.invariants import LAND_ACCOUNTS_INVARIANT, LAND_INVARIANT, RESERVED_BY_BIDS
        from marketplace.pricing.land_equity import LAND_ACCOUNTS, PARCELS_OWNED
        from marketplace.stream_rooms import joined
        from streams.registry import register_rooms
        from trading import land
        from trading.invariants import rules

        rules.reservations.append(RESERVED_BY_BIDS)
        rules.further_invariants += [LAND_INVARIANT, LAND_ACCOUNTS_INVARIANT]
        land.parcels.append(PARCELS_OWNED)
        land.accounts.append(LAND_ACCOUNTS)
        register_rooms([MARKETPLACE], joined)
