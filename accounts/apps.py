from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The players: who they are and how they sign in."""

    name = "accounts"

    def ready(self) -> None:
        """Hear of the sessions that begin and end."""
        from django.contrib.auth.signals import user_logged_in, user_logged_out

        from accounts import presence

        user_logged_in.connect(presence.session_began)
        user_logged_out.connect(presence.session_ended)
