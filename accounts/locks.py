"""The only place in the app with `select_for_update`. No other table is locked together with the user."""

from accounts.errors import NoActiveAccount
from accounts.models import User


def player_locked(*, player_id: int) -> User:
    """Lock an account until the transaction ends, deactivated or not. Raises NoActiveAccount when it is gone."""
    # no_key: FOR UPDATE would also stall every insert that references this player.
    player = User.objects.select_for_update(of=("self",), no_key=True).filter(pk=player_id).first()
    if player is None:
        raise NoActiveAccount
    return player


def active_player_locked(*, player_id: int) -> User:
    """Lock a player's account until the transaction ends. Raises NoActiveAccount when it is deactivated or gone."""
    player = player_locked(player_id=player_id)
    if not player.is_active:
        raise NoActiveAccount
    return player
