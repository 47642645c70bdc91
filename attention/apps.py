from django.apps import AppConfig


class AttentionConfig(AppConfig):
    """The seven biomes, and the attention given to each. Knows no money."""

    name = "attention"
