from django.apps import AppConfig


class MarketsConfig(AppConfig):
    """The seven markets: price curve, redistribution cycle, price history, live stream."""

    name = "markets"
