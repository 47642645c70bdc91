"""Changes of an e-mail address: requested with the current password, and done by a link mailed to the new address.

Until then the old one counts. The answer does not reveal whether another account has the address: it is always the
same, and only the worker looks; that account's owner gets a mail. A link ends with its use, with any new password or
address, and after ADDRESS_LINK_SECS.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.db.models import Value
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.errors import AddressLinkInvalid, NoActiveAccount, NoMail
from accounts.locks import active_player_locked
from accounts.mail import sending
from accounts.mail.notices import tell_of_new_address
from accounts.models import User
from accounts.naming.uniqueness import is_lost_race
from core.database.transactions import after_commit, short_transaction

#: Links that were mailed by earlier versions go on: never rename it with the module.
SALT = "accounts.new_address"
#: No address gets a mail more often, whoever asks for it.
PAUSE_SECS = 60


#: What apps above this one do when an address is verified: called after commit with the player's id and the time.
when_verified: list[Callable[[int, datetime], None]] = []


def is_same(one: str, other: str) -> bool:
    """Return whether two addresses differ in case only, which needs no proof."""
    return one == other or (one.isascii() and other.isascii() and one.lower() == other.lower())


def require_mail() -> None:
    """Raise NoMail where the exchange sends no mail, and so no address can be confirmed."""
    if not sending.is_sent():
        raise NoMail("This exchange sends no mail. Ask its administrator to change your address.")


def ask_for_address(*, player: User, address: str) -> None:
    """Have a link sent to the new address of a player who has proved to know the password.

    Raises NoMail, and ServiceUnavailable when the task cannot be queued; neither depends on the address.
    """
    require_mail()
    sending.leave_to_worker(send_address_mail_later, player_id=str(player.pk), address=address)


def send_address_mail(*, player_id: int, address: str) -> None:
    """Send the link; or, where another account has the address, a notice to its owner. Raises MailNotSent."""
    player = User.objects.filter(pk=player_id, is_active=True).first()
    if player is None:
        return
    pause = f"new-address:{salted_hmac(SALT, address.lower()).hexdigest()}"
    if not cache.add(pause, True, PAUSE_SECS):
        return
    owner = User.objects.alias(folded=Lower("email")).filter(folded=Lower(Value(address))).exclude(pk=player.pk).first()
    try:
        if owner is not None:
            sending.send("address_taken", address=owner.address, username=owner.username)
        else:
            template = "verification" if is_same(address, player.address) else "new_address"
            sending.send(template, address=address, username=player.username, link=link_to(player, address))
    except sending.MailNotSent:
        cache.delete(pause)
        raise


def link_to(player: User, address: str) -> str:
    """Return the link that confirms the address for the player."""
    proof = signing.dumps([player.pk, address, _state_of(player)], salt=SALT)
    return settings.SITE_ORIGIN + reverse("confirm-address", args=[proof])


def claim_of(proof: str) -> tuple[User, str]:
    """Return the player and the address of a link. Raises AddressLinkInvalid."""
    try:
        player_id, address, state = signing.loads(proof, salt=SALT, max_age=settings.ADDRESS_LINK_SECS)
    except signing.BadSignature as error:
        raise AddressLinkInvalid from error
    player = User.objects.filter(pk=player_id, is_active=True).first()
    if player is None or not constant_time_compare(state, _state_of(player)):
        raise AddressLinkInvalid
    return player, address


def confirm_address(*, proof: str, now: datetime) -> User:
    """Set the address of a link, and tell the old one. Raises AddressLinkInvalid; nothing changes then.

    An address that another account has taken meanwhile is refused alike, without naming that account.
    """
    named, address = claim_of(proof)
    with is_lost_race(AddressLinkInvalid), short_transaction():
        try:
            player = active_player_locked(player_id=named.pk)
        except NoActiveAccount as error:
            raise AddressLinkInvalid from error
        # Again, under the lock: a link that came twice works once.
        if _state_of(player) != _state_of(named):
            raise AddressLinkInvalid
        old_address, player.email, player.verified_at = player.email, address, now
        player.claimed_email = ""
        player.save(update_fields=["email", "claimed_email", "verified_at"])
        if old_address is not None and not is_same(old_address, address):
            after_commit(partial(tell_of_new_address, player, old_address))
        after_commit(partial(tell_of_verified, player.pk, now))
    return player


def tell_of_verified(player_id: int, now: datetime) -> None:
    """Send `address_verified` with a player whose address is verified. Called after commit."""
    for act in when_verified:
        act(player_id, now)


def _state_of(player: User) -> str:
    """Return the state that a link depends on: when it changes, the link ends."""
    return salted_hmac(SALT, f"{player.password}:{player.email}:{player.verified_at}").hexdigest()[:20]


@sending.mail_task(name="accounts.tasks.send_address_mail")
def send_address_mail_later(player_id: str, address: str) -> None:
    """Send a link that makes an address a player's, or word to whom it is already."""
    send_address_mail(player_id=int(player_id), address=address)
