from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The players: their identity and their signing in."""

    name = "accounts"

    def ready(self) -> None:
        """Connect the receivers of sessions' beginnings and ends."""
        from django.contrib.auth.signals import user_logged_in, user_logged_out

        from accounts.sign_ins import tracking

        user_logged_in.connect(tracking.session_began)
        user_logged_out.connect(tracking.session_ended)
