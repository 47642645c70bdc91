from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The players: who they are and how they sign in."""

    name = "accounts"
