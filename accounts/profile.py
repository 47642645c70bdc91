"""Changes of a player's profile and preferences. The username never changes, as transfers and listings name it."""

from functools import partial
from typing import TypedDict, Unpack, cast

from django.core.exceptions import ValidationError

from accounts.mail.new_address import ask_for_address, is_same, require_mail
from accounts.mail.notices import tell_of_new_address
from accounts.models import User
from accounts.naming.names import look_of
from accounts.naming.uniqueness import taken_as_field_error
from accounts.passwords.change import prove_password
from core.database.transactions import after_commit, short_transaction


class ProfileChanges(TypedDict, total=False):
    """The fields of an account that its player may change."""

    email: str
    display_name: str
    theme: str
    motion: str
    time_zone: str
    default_tolerance_bps: int


class AccountChanges(ProfileChanges, total=False):
    """The changes of an account, with the proof that a new address requires."""

    current_password: str


def asks_for_new_address(player: User, email: str | None) -> bool:
    """Return whether this is another address than the player's; in another case it is the same."""
    return email is not None and not is_same(email, player.address)


def change_account(*, player: User, **changes: Unpack[AccountChanges]) -> bool:
    """Change the profile, and have a link sent to a new address, which counts once it was followed.

    Returns whether there is a new address. Raises ValidationError on `current_password` (required,
    password_incorrect) where that is not given with it; NoMail, TooManyHashes and as `change_profile`; nothing has
    changed then.
    """
    password, email = changes.pop("current_password", ""), changes.get("email")
    kept = cast(ProfileChanges, changes)
    if email is None or not asks_for_new_address(player, email):
        if player.email is None:
            # It is claimed, and stays so.
            kept.pop("email", None)
        change_profile(player=player, **kept)
        return False
    require_mail()
    if not password:
        missing = ValidationError("A new address takes your current password.", code="required")
        raise ValidationError({"current_password": missing})
    prove_password(player_id=player.pk, password=password)
    del kept["email"]
    change_profile(player=player, **kept)
    ask_for_address(player=player, address=email)
    return True


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
        if old_address is not None and player.email is not None and player.email.lower() != old_address.lower():
            after_commit(partial(tell_of_new_address, player, old_address))
    return player
