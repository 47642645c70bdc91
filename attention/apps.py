from django.apps import AppConfig


class AttentionConfig(AppConfig):
    """The seven biomes, and who looked at which. Knows no money."""

    name = "attention"
