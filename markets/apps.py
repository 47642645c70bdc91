from django.apps import AppConfig


class MarketsConfig(AppConfig):
    """The seven markets: price curve, redistribution cycle, price history, live stream."""

    name = "markets"

    def ready(self) -> None:
        """Register the rooms and actions of the streams that are the markets'."""
        from markets.events import ALL_MARKETS
        from markets.streaming.actions import give_attention
        from markets.streaming.rooms import BIOMES, snapshot_of
        from streams.registry import register_action, register_rooms

        register_rooms([ALL_MARKETS], snapshot_of, is_default=True)
        register_rooms(BIOMES, snapshot_of)
        register_action("attention", give_attention)
