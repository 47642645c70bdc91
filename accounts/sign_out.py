"""Ending every way into an account at once, but for the password."""

from functools import partial

from accounts.locks import active_player_locked
from accounts.streams import tell_signed_out
from accounts.tokens import revoke_all_tokens
from config.database import after_commit, short_transaction


def sign_out_everywhere(*, player_id: int) -> None:
    """End all sessions, refresh tokens and open streams of a player. Raises NoActiveAccount.

    Access tokens live on until they expire.
    """
    with short_transaction():
        player = active_player_locked(player_id=player_id)
        player.sign_outs += 1
        player.save(update_fields=["sign_outs"])
        revoke_all_tokens(player=player)
        after_commit(partial(tell_signed_out, player_id))
