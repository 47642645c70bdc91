"""The rule for whose transactions a viewer may read: the own ones; with the permission to view all, anybody's."""

from __future__ import annotations

from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import PermissionDenied

from accounts.models import User
from accounts.sign_ins.second_factor import has_power
from trading.wallets.wallets import player_named


def may_read_all(viewer: User, session: SessionBase | None) -> bool:
    """Return whether this is staff with the permission to view transactions, and has proved it
    (`accounts.sign_ins.second_factor`).
    """
    return viewer.is_staff and has_power(viewer, "trading.view_transaction", session)


def whose(viewer: User, *, player: str, everyone: bool, session: SessionBase | None) -> int | None:
    """Return the player whose transactions are asked for: the viewer, or the one named `player`; None for everybody's.

    Raises PermissionDenied where these are not the viewer's to read, and UnknownPlayer.
    """
    if not everyone and player.lower() in ("", viewer.username.lower()):
        return viewer.pk
    if not may_read_all(viewer, session):
        raise PermissionDenied("Only administrators may read other players' data.")
    return None if everyone else player_named(player, attr="player", closed_too=True).pk
