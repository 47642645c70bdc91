"""Setting a password: one function for all callers, which ends every other sign-in and tells the owner.

Callers are the page and the API, the link of a reset, the administration's own page and its reset of others, and
`manage.py changepassword`. Hashes are computed before rows are locked.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.core.exceptions import ValidationError

from accounts.errors import NoActiveAccount
from accounts.locks import player_locked
from accounts.mail.notices import tell_of_new_password
from accounts.models import User
from accounts.sign_ins.lockout import forgive_player
from accounts.sign_ins.sign_out import end_ways_in
from core.database.transactions import after_commit, short_transaction


def set_password(
    *,
    player_id: int,
    new_password: str | None,
    may_still: Callable[[User], None],
    keep: int | None = None,
    forgive: bool = False,
) -> User:
    """Replace a player's password, None for an unusable one, and end every sign-in but the one to `keep`.

    Open streams are closed, and the player is told by mail. `may_still` is called with the row locked, and raises to
    refuse; `forgive` forgets failed sign-ins. The caller has validated the password. Raises NoActiveAccount where
    there is no such player, and TooManyHashes.
    """
    hashed = hash_of(new_password)
    with short_transaction():
        player = player_locked(player_id=player_id)
        may_still(player)
        player.password = hashed
        player.save(update_fields=["password"])
        end_ways_in(player=player, keep=keep)
        if forgive:
            forgive_player(username=player.username)
        after_commit(partial(tell_of_new_password, player))
    return player


def change_password(*, player_id: int, current_password: str, new_password: str, keep: int | None = None) -> User:
    """Replace a player's password after proof of the current one, and keep the sign-in that does so.

    Sessions carry a hash of the password, so the caller updates the one that is kept. Raises as `prove_password`.
    """
    still = prove_password(player_id=player_id, password=current_password)
    return set_password(player_id=player_id, new_password=new_password, may_still=still, keep=keep)


def prove_password(*, player_id: int, password: str) -> Callable[[User], None]:
    """Check the current password, and return a function that confirms, with the row locked, that it has not changed.

    Raises ValidationError with code `password_incorrect` on `current_password` when it is wrong; NoActiveAccount.
    """
    player = User.objects.filter(pk=player_id, is_active=True).first()
    if player is None:
        raise NoActiveAccount
    if not player.check_password(password):
        raise _incorrect()
    proved = player.password

    def still(locked: User) -> None:
        if not locked.is_active:
            raise NoActiveAccount
        if locked.password != proved:
            raise _incorrect()

    return still


def by_command(player: User) -> None:
    """Allow an administrator to reset any player's password, even a deactivated one's."""


def _incorrect() -> ValidationError:
    wrong = ValidationError("This is not the current password.", code="password_incorrect")
    return ValidationError({"current_password": wrong})


def hash_of(password: str | None) -> str:
    """Return the password as an account keeps it; None is one that nobody knows. Raises TooManyHashes."""
    nobody = User()
    nobody.set_password(password)
    return nobody.password
