"""Mails about changes in the access to an account, so that its owner notices a stranger's."""

from __future__ import annotations

from accounts.mail import sending
from accounts.models import User


def tell_of_new_password(player: User) -> None:
    """Tell a player by mail that the password has changed. Called after commit."""
    _tell("password_changed", player, player.email)


def tell_of_new_address(player: User, old_address: str | None) -> None:
    """Tell the address that was a player's until now that it is no more. Called after commit."""
    _tell("address_changed", player, old_address)


def tell_of_reused_token(player: User) -> None:
    """Tell a player that a sign-in was ended because one of its refresh tokens was used twice. Called after commit."""
    _tell("token_reused", player, player.email)


def _tell(template: str, player: User, address: str | None) -> None:
    # An address that is merely claimed may be anybody's.
    if address is not None and sending.is_sent():
        sending.leave_to_worker(send_notice_later, template=template, address=address, username=player.username)


@sending.mail_task(name="accounts.tasks.send_notice")
def send_notice_later(template: str, address: str, username: str) -> None:
    """Send word of a change to an account."""
    sending.send(template, address=address, username=username)
