"""Password resets: a link by mail, good once and for PASSWORD_RESET_TIMEOUT seconds.

Whoever can read the mail of an account's address may set its password: that is the proof, so addresses need no
other. A link ends with its use, with any new password or address, and with the next sign-in. The answer does not
reveal whether an account has the address: it is always the same, and only the worker looks.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.cache import cache
from django.db.models import Value
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from accounts.errors import NoActiveAccount, ResetLinkInvalid
from accounts.mail import sending
from accounts.models import User
from accounts.passwords.change import set_password

#: No player gets a link more often, whoever asks for it.
PAUSE_SECS = 60


def ask_for_reset(*, address: str) -> None:
    """Have a link sent to the account with this address, if there is one. The link leads to SITE_ORIGIN.

    Raises NoMail, and ServiceUnavailable when the worker cannot be told; neither depends on the address.
    """
    sending.require_mail()
    sending.leave_to_worker(send_reset_mail_later, address=address)


def send_reset_mail(*, address: str) -> bool:
    """Send the link, and return whether there was an account to send it to. Raises MailNotSent.

    The mail goes to the address as the account has it, however it was typed.
    """
    player = User.objects.alias(folded=Lower("email")).filter(folded=Lower(Value(address)), is_active=True).first()
    if player is None or not player.has_usable_password():
        return False
    pause = f"password-reset:{player.pk}"
    if not cache.add(pause, True, PAUSE_SECS):
        return False
    try:
        link = settings.SITE_ORIGIN + reverse("set-password", args=link_of(player))
        sending.send("password_reset", address=player.address, username=player.username, link=link)
    except sending.MailNotSent:
        cache.delete(pause)
        raise
    return True


def link_of(player: User) -> tuple[str, str]:
    """Return the two parts of a reset link: the player's id, encoded, and the token that proves it."""
    return urlsafe_base64_encode(force_bytes(player.pk)), default_token_generator.make_token(player)


def player_of_link(*, uid: str, token: str) -> User:
    """Return the player whose password the link may set. Raises ResetLinkInvalid."""
    player = _player_named(uid)
    if player is None or not default_token_generator.check_token(player, token):
        raise ResetLinkInvalid
    return player


def reset_password(*, uid: str, token: str, new_password: str) -> User:
    """Set the password by a link, and end every session, refresh token and open stream. Raises ResetLinkInvalid.

    The door has validated the new password. Failed sign-ins are forgiven: they may have been the reason.
    """
    named = player_of_link(uid=uid, token=token)

    def still(player: User) -> None:
        # Again, under the lock: a link that came twice works once.
        if not player.is_active or not default_token_generator.check_token(player, token):
            raise ResetLinkInvalid

    try:
        return set_password(player_id=named.pk, new_password=new_password, may_still=still, forgive=True)
    except NoActiveAccount as error:
        raise ResetLinkInvalid from error


def _player_named(uid: str) -> User | None:
    try:
        return User.objects.filter(pk=int(urlsafe_base64_decode(uid)), is_active=True).first()
    except (ValueError, OverflowError):
        return None


@sending.mail_task(name="accounts.tasks.send_reset_mail")
def send_reset_mail_later(address: str) -> None:
    """Send a link for a new password, where an account has the address."""
    send_reset_mail(address=address)
