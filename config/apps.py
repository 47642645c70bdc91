from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class ConfigConfig(AppConfig):
    """The wiring: no models, but the commands and system checks that concern the whole site."""

    name = "config"
    default = True

    def ready(self) -> None:
        """Connect the broker, the observation of sign-ins and tasks, and error reports where the settings name an
        address.
        """
        # Without it a task that a request sends off would go to Celery's default broker, on localhost.
        import config.celery  # noqa: F401
        from config.observe import error_reports, sign_ins, tasks  # noqa: F401  # they connect themselves to signals

        error_reports.start()


class AdministrationConfig(admin_apps.AdminConfig):
    """Django's administration, with a site of our own."""

    default = False
    default_site = "config.admin_site.ExchangeAdminSite"
