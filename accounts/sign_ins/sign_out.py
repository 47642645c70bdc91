"""Ending every way into an account at once, except by the password."""

from functools import partial

from accounts.keys.registry import end_all_keys
from accounts.locks import active_player_locked
from accounts.models import SignIn, User
from accounts.sign_ins.registry import end_sign_ins
from accounts.sign_ins.stream_control import tell_signed_out
from accounts.sign_ins.tokens import revoke_all_tokens
from core.database.transactions import after_commit, short_transaction


def sign_out_everywhere(*, player_id: int) -> None:
    """End all sessions, tokens and open streams of a player. Raises NoActiveAccount.

    Access tokens end within a second (`accounts.sign_ins.revocations`).
    """
    with short_transaction():
        player = active_player_locked(player_id=player_id)
        player.sign_outs += 1
        player.save(update_fields=["sign_outs"])
        end_ways_in(player=player)


def end_ways_in(*, player: User, keep: int | None = None) -> None:
    """End the player's keys and sign-ins, but the one to `keep`, within a transaction that holds the player's row."""
    revoke_all_tokens(player=player)
    end_sign_ins(SignIn.objects.filter(player=player).exclude(pk=keep or 0))
    end_all_keys(player)
    after_commit(partial(tell_signed_out, player.pk))
