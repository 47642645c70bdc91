from django.apps import AppConfig


class MarketplaceConfig(AppConfig):
    """Land, and its trade at a fixed price or by auction."""

    name = "marketplace"
