"""Proof of identity by name and password, for tokens and sessions alike."""

from django.contrib.auth import authenticate, login
from django.contrib.auth.signals import user_logged_in
from django.db.models import Value
from django.db.models.functions import Lower
from django.http import HttpRequest

from accounts.errors import NoActiveAccount
from accounts.models import User
from accounts.sign_ins.devices import client_of
from accounts.sign_ins.lockout import locked_out
from accounts.sign_ins.tokens import TokenPair, issue_tokens


def identify_player(*, request: HttpRequest, username: str, password: str) -> User:
    """Return the active player with this name, or e-mail address, in any case, and this password.

    A failure counts towards the lockout. Raises NoActiveAccount, and LockedOut with the seconds left, the last allowed
    failure included: then even the right password is refused. Not for use inside a transaction, which would forget the
    failure.
    """
    name = _name_of(username)
    # django-axes watches Django's own request: it needs its address, and marks it when the player is locked out.
    player = authenticate(request, username=name, password=password)
    if player is not None:
        return player
    if not getattr(request, "axes_locked_out", False):
        raise NoActiveAccount
    raise locked_out(username=name, request=request)


def start_session(*, request: HttpRequest, player: User) -> None:
    """Sign in a player who has just proved their identity, with a session under a new key."""
    login(request, player, backend="django.contrib.auth.backends.ModelBackend")


def sign_in_for_tokens(*, request: HttpRequest, username: str, password: str) -> TokenPair:
    """Return a pair of tokens for this name and password. Raises NoActiveAccount and LockedOut."""
    player = identify_player(request=request, username=username, password=password)
    # What `login` does for a session: the time of the last sign-in is kept, earlier failures are forgiven.
    user_logged_in.send(sender=User, request=request, user=player)
    return issue_tokens(player=player, client=client_of(request))


def _name_of(name_or_address: str) -> str:
    """Return the name of the player with this e-mail address; what was given where it is a name, or nobody's."""
    # An @ makes it an address: no name has had one since names and addresses are kept apart. A name of earlier times
    # that has one signs in where it is nobody's address.
    if "@" not in name_or_address:
        return name_or_address
    owner = User.objects.alias(folded=Lower("email")).filter(folded=Lower(Value(name_or_address)))
    return owner.values_list("username", flat=True).first() or name_or_address
