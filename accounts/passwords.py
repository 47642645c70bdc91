"""Changing a password, which ends every other way into the account."""

from functools import partial

from django.core.exceptions import ValidationError

from accounts.locks import active_player_locked
from accounts.models import User
from accounts.notices import tell_of_new_password
from accounts.streams import tell_signed_out
from accounts.tokens import revoke_all_tokens
from config.database import after_commit, short_transaction


def change_password(*, player_id: int, current_password: str, new_password: str) -> User:
    """Replace a player's password and revoke every refresh token. The door has validated the new password.

    Sessions end by themselves, as each carries a hash of the password; the door may carry its own over. Open streams
    are closed, and the player is told by mail. Access tokens live on until they expire. Raises ValidationError with
    code `password_incorrect` on `current_password`, and NoActiveAccount.
    """
    with short_transaction():
        player = active_player_locked(player_id=player_id)
        if not player.check_password(current_password):
            wrong = ValidationError("This is not the current password.", code="password_incorrect")
            raise ValidationError({"current_password": wrong})
        player.set_password(new_password)
        player.save(update_fields=["password"])
        revoke_all_tokens(player=player)
        after_commit(partial(tell_signed_out, player_id))
        after_commit(partial(tell_of_new_password, player))
    return player
