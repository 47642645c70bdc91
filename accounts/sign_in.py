"""Proving who one is with a name and a password: for tokens and sessions alike."""

from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from accounts.errors import NoActiveAccount
from accounts.lockout import client_address, lockout_left_secs
from accounts.models import User
from accounts.tokens import TokenPair, issue_tokens
from config.errors import LockedOut


def identify_player(*, request: HttpRequest, username: str, password: str) -> User:
    """The active player with this name and password. A failure counts towards the lockout.

    Raises NoActiveAccount, and LockedOut with the seconds left, whose last failure included: then even the right
    password is refused. Not for use inside a transaction, which would forget the failure.
    """
    # django-axes watches Django's own request: it needs its address, and marks it when the player is locked out.
    player = authenticate(request, username=username, password=password)
    if player is not None:
        return player
    if not getattr(request, "axes_locked_out", False):
        raise NoActiveAccount
    refusal = LockedOut()
    refusal.retry_after_secs = lockout_left_secs(username=username, address=client_address(request))
    raise refusal


def sign_in_for_tokens(*, request: HttpRequest, username: str, password: str) -> TokenPair:
    """A pair of tokens for this name and password. Raises NoActiveAccount and LockedOut."""
    player = identify_player(request=request, username=username, password=password)
    # What `login` does for a session: the time of the last sign-in is kept, earlier failures are forgiven.
    user_logged_in.send(sender=User, request=request, user=player)
    return issue_tokens(player=player)
