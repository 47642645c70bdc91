from django.apps import AppConfig


class WiringConfig(AppConfig):
    """The wiring: no models."""

    name = "config"

    def ready(self) -> None:
        """Connect the broker. Without it a task that a request sends off would go to Celery's default, on localhost."""
        import config.celery  # noqa: F401
