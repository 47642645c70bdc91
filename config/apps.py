from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class ConfigConfig(AppConfig):
    """The wiring: no models, but the commands and system checks that concern the whole site."""

    name = "config"
    default = True


class AdministrationConfig(admin_apps.AdminConfig):
    """Django's administration, with a site of our own."""

    default = False
    default_site = "config.admin_site.ExchangeAdminSite"
