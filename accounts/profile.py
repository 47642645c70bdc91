"""Changing what a player says and prefers. The username is for life: transfers and listings name it."""

from functools import partial
from typing import TypedDict, Unpack

from accounts.models import User
from accounts.names import look_of
from accounts.notices import tell_of_new_address
from accounts.uniqueness import taken_as_field_error
from config.database import after_commit, short_transaction


class ProfileChanges(TypedDict, total=False):
    """What a player may change of the account."""

    email: str
    display_name: str
    theme: str
    motion: str
    time_zone: str
    default_tolerance_bps: int


def change_profile(*, player: User, **changes: Unpack[ProfileChanges]) -> User:
    """Write the given fields, and no others, and return the player with them.

    A new address is told to the old one. Raises ValidationError with code `unique` on `email` when another player has
    it, ignoring case.
    """
    old_address = player.email
    if "display_name" in changes:
        player.display_look = look_of(changes["display_name"])
    for field, value in changes.items():
        setattr(player, field, value)
    with taken_as_field_error(), short_transaction():
        player.save(update_fields=[*changes, *(["display_look"] if "display_name" in changes else [])])
        if player.email.lower() != old_address.lower():
            after_commit(partial(tell_of_new_address, player, old_address))
    return player
