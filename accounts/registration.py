"""Registration: the one way to open an account, for the API, the pages and commands."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.conf import settings
from django.utils import timezone

from accounts.mail.verification import welcome
from accounts.models import User
from accounts.naming.uniqueness import taken_as_field_error
from core.database.transactions import after_commit, short_transaction

#: Functions of apps above this one, called with the new player's id and the time, in the registration's transaction.
when_registered: list[Callable[[int, datetime], None]] = []


def register_player(
    *, username: str, email: str, password: str, display_name: str = "", theme: str = User.Theme.SYSTEM
) -> User:
    """Open an account for a new player. The door has validated the password; it is hashed here.

    A link to verify the address is mailed. Where one must be (VERIFICATION_REQUIRED), the address is claimed until the
    link was followed, whoever has it. Raises ValidationError with code `unique` on `username` when another player has
    it, ignoring case, and with code `look_alike` when another player's looks the same; elsewhere also `unique` on
    `email`.
    """
    is_claimed = settings.VERIFICATION_REQUIRED
    # Hashed before the database is held.
    player: User = User.objects._create_user_object(
        username,
        None if is_claimed else email,
        password,
        display_name=display_name,
        theme=theme,
        claimed_email=User.objects.normalize_email(email) if is_claimed else "",
    )
    with taken_as_field_error(), short_transaction():
        player.save(force_insert=True)
        for act in when_registered:
            act(player.pk, timezone.now())
        after_commit(partial(welcome, player))
    return player
