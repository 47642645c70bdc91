from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The kernel, which knows no app."""

    name = "core"

    def ready(self) -> None:
        """Connect the observation of sign-ins and tasks, and error reports where the settings name an address."""
        from core.observability import error_reports, sign_ins, tasks  # noqa: F401  # they connect themselves to signals

        error_reports.start()
