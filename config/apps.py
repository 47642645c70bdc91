from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The wiring: no models, but the commands and system checks that concern the whole site."""

    name = "config"
