from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class OperationsConfig(AppConfig):
    """Health, monitoring, load and the commands of those who run the exchange."""

    name = "operations"
    default = True


class AdministrationConfig(admin_apps.AdminConfig):
    """Django's administration, with a site of our own."""

    default = False
    default_site = "operations.admin_site.ExchangeAdminSite"
