"""API keys as credentials.

One prepared statement finds the key's player and notes, once a minute, that the key is in use. A key lets its holder
do what its scopes name, and nothing at a view that names no scope: so no key makes keys, changes the account or uses
an administrator's powers. Views declare their scope in `ApiView.required_scope`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Address, ip_address
from typing import Any, ClassVar

from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS

from accounts.keys import guesses
from accounts.keys.registry import PREFIX_LENGTH, digest_of
from accounts.models import ApiKey
from core.database.transactions import prepared_row
from core.web.client_addresses import household_of

_FIND = """
    WITH found AS (
        SELECT key.id, key.player_id, player.username, key.scopes, key.expires_at,
               player.is_active AND coalesce(key.expires_at > %(now)s, true) AS is_good,
               key.networks = '{}' OR coalesce(%(address)s::inet <<= ANY (key.networks::cidr[]), false) AS is_here
        FROM accounts_apikey AS key JOIN accounts_user AS player ON player.id = key.player_id
        WHERE key.digest = %(digest)s
    ), used AS (
        UPDATE accounts_apikey AS key SET last_used_at = %(now)s, last_used_address = %(address)s::inet
        FROM found
        WHERE key.id = found.id AND found.is_good AND found.is_here
              AND (key.last_used_at IS NULL OR key.last_used_at < %(now)s - interval '1 minute')
    )
    SELECT id, player_id, username, scopes, expires_at, is_good, is_here FROM found
"""


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """A key's player, with the key's scopes. A key grants none of the player's own permissions."""

    pk: int
    username: str
    key_id: int
    scopes: frozenset[str]
    until: datetime | None

    is_authenticated: ClassVar[bool] = True
    is_anonymous: ClassVar[bool] = False
    is_active: ClassVar[bool] = True
    is_staff: ClassVar[bool] = False
    is_superuser: ClassVar[bool] = False
    second_factor_on: ClassVar[bool] = False

    def get_username(self) -> str:
        """Return the player's name."""
        return self.username

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Return False: a key's player has no permissions."""
        return False

    def check(self, scope: str | None) -> None:
        """Raise PermissionDenied unless the key has this scope and the scope is open to keys."""
        if scope is None:
            raise PermissionDenied("API keys are not accepted here. Sign in with a password.", code="not_for_keys")
        if scope not in self.scopes:
            raise PermissionDenied(f"This API key does not have the scope `{scope}`.", code="scope_missing")


def holder_of(key: str, *, address: str | None, now: datetime) -> KeyHolder:
    """Return the player and scopes of a key that comes from this address.

    Raises AuthenticationFailed for a key that is unknown, expired, or not allowed from there; LockedOut after wrong
    ones.
    """
    who = (key[:PREFIX_LENGTH], household_of(address or ""))
    guesses.refuse_locked(*who)
    row = prepared_row(_FIND, {"digest": digest_of(key), "address": plain_address(address), "now": now})
    if row is None:
        guesses.count_wrong(*who)
        raise AuthenticationFailed("There is no such API key; it may have ended.", code="key_not_valid")
    number, player_id, username, scopes, until, is_good, is_here = row
    if not is_good:
        raise AuthenticationFailed("This API key has expired or was ended.", code="key_not_valid")
    if not is_here:
        raise AuthenticationFailed("This API key does not work from this address.", code="key_not_valid")
    return KeyHolder(player_id, username, number, frozenset(scopes), until)


def scope_for(view: Any, method: str | None) -> str | None:
    """Return the scope that a view asks of a key for this method; None where no key may come."""
    required: str | Mapping[str, str] | None = getattr(view, "required_scope", None)
    if required is None or isinstance(required, str):
        return required
    is_read = method in SAFE_METHODS
    return required.get("GET" if is_read else method or "")


def plain_address(address: str | None) -> str | None:
    """Return an address as networks are compared with it; None for what is none."""
    try:
        parsed = ip_address((address or "").strip())
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return str(mapped or parsed)


READ, TRADE, TRANSFER, ATTENTION = (
    scope.value for scope in (ApiKey.Scope.READ, ApiKey.Scope.TRADE, ApiKey.Scope.TRANSFER, ApiKey.Scope.ATTENTION)
)
