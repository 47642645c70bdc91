"""Changing a password, which ends every other way into the account."""

from functools import partial

from django.core.exceptions import ValidationError

from accounts.locks import active_player_locked
from accounts.models import User
from accounts.notices import tell_of_new_password
from accounts.sign_out import end_ways_in
from config.database import after_commit, short_transaction


def change_password(*, player_id: int, current_password: str, new_password: str, keep: int | None = None) -> User:
    """Replace a player's password and end every sign-in but the one to `keep`. The door has validated the new password.

    Sessions carry a hash of the password, so the door carries the one that goes on over. Open streams are closed, and
    the player is told by mail. Raises ValidationError with code `password_incorrect` on `current_password`, and
    NoActiveAccount.
    """
    with short_transaction():
        player = active_player_locked(player_id=player_id)
        if not player.check_password(current_password):
            wrong = ValidationError("This is not the current password.", code="password_incorrect")
            raise ValidationError({"current_password": wrong})
        player.set_password(new_password)
        player.save(update_fields=["password"])
        end_ways_in(player=player, keep=keep)
        after_commit(partial(tell_of_new_password, player))
    return player
