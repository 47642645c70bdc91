"""Verification of addresses: by a mailed link, or by an administrator.

Before it is (VERIFICATION_REQUIRED), the player gets no grant, gives no attention and moves neither money nor land
to others: otherwise a program could open a hundred accounts and have them all serve one.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry

from accounts.errors import AddressTaken
from accounts.locks import active_player_locked
from accounts.mail import new_address, sending
from accounts.models import User
from accounts.naming.uniqueness import is_lost_race
from core.database.transactions import after_commit, short_transaction


def ask_for_link(*, player: User) -> None:
    """Have a link sent to a player's own address, unless it is verified or was sent one just now.

    Raises NoMail, and ServiceUnavailable when the task cannot be queued.
    """
    if player.verified_at is None and player.address:
        new_address.ask_for_address(player=player, address=player.address)


def welcome(player: User) -> None:
    """Send a new player the link, where it is needed and mail is sent at all. Called after commit."""
    if settings.VERIFICATION_REQUIRED and sending.is_sent():
        ask_for_link(player=player)


def verify(*, player_id: int, now: datetime) -> User:
    """Take the address for the player's own, on an administrator's word.

    Raises NoActiveAccount, and AddressTaken where it is another account's; nothing changes then.
    """
    with is_lost_race(AddressTaken), short_transaction():
        player = active_player_locked(player_id=player_id)
        if player.verified_at is None:
            player.email, player.claimed_email, player.verified_at = player.address or None, "", now
            player.save(update_fields=["email", "claimed_email", "verified_at"])
            after_commit(partial(new_address.tell_of_verified, player_id, now))
    return player


def verify_by_command(*, player: User, administrator: User, reason: str, now: datetime) -> None:
    """Verify on the word of who runs the server; the administration's log tells it under an administrator's name.

    The caller has seen that the administrator may. Raises NoActiveAccount.
    """
    verify(player_id=player.pk, now=now)
    LogEntry.objects.log_actions(
        user_id=administrator.pk,
        queryset=[player],
        action_flag=CHANGE,
        change_message=f"Verified the address by command. Reason: {reason}",
        single_object=True,
    )
