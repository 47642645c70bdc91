"""Making API keys, which requires the password."""

from __future__ import annotations

import secrets
import string
from collections.abc import Sequence
from datetime import datetime
from ipaddress import ip_network

from django.conf import settings
from django.core.exceptions import ValidationError

from accounts.errors import TooManyKeys
from accounts.keys.registry import KEY_START, PREFIX_LENGTH, digest_of
from accounts.locks import active_player_locked
from accounts.models import ApiKey, User
from accounts.passwords.change import prove_password
from core.database.transactions import short_transaction

_ALPHABET = string.ascii_letters + string.digits
_RANDOM_LENGTH = 40


def make_key(
    *,
    player_id: int,
    current_password: str,
    name: str,
    scopes: Sequence[str],
    now: datetime,
    expires_at: datetime | None = None,
    networks: Sequence[str] = (),
) -> tuple[ApiKey, str]:
    """Make a key, and return it with its text, which cannot be shown again.

    Raises ValidationError on a field, `password_incorrect` on `current_password` as well; TooManyKeys,
    NoActiveAccount.
    """
    checked = {
        "name": _checked_name(name),
        "scopes": [scope for scope in ApiKey.Scope.values if scope in scopes],
        "expires_at": _checked_end(expires_at, now),
        "networks": checked_networks(networks),
    }
    still = prove_password(player_id=player_id, password=current_password)
    text = KEY_START + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_LENGTH))
    with short_transaction():
        player = active_player_locked(player_id=player_id)
        still(player)
        _make_room(player, now)
        key = ApiKey.objects.create(
            player=player, prefix=text[:PREFIX_LENGTH], digest=digest_of(text), made_at=now, **checked
        )
    return key, text


def _make_room(player: User, now: datetime) -> None:
    """Let a new key take the place of one that is over, where there are API_KEYS_MAX. Raises TooManyKeys."""
    keys = ApiKey.objects.filter(player=player)
    surplus = keys.count() + 1 - settings.API_KEYS_MAX
    if surplus <= 0:
        return
    over = list(keys.filter(expires_at__lte=now).order_by("expires_at", "pk").values_list("pk", flat=True)[:surplus])
    if len(over) < surplus:
        raise TooManyKeys
    keys.filter(pk__in=over).delete()


def checked_networks(networks: Sequence[str]) -> list[str]:
    """Return addresses and networks of IPv4 and IPv6 as networks, each once. Raises ValidationError on `addresses`."""
    found: dict[str, None] = {}
    for text in networks:
        try:
            found[str(ip_network(text.strip()))] = None
        except ValueError as error:
            said = f"{text!r} is no address and no network, as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32 are."
            raise ValidationError({"addresses": ValidationError(said, code="invalid")}) from error
    return list(found)


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or not name.isprintable():
        raise ValidationError({"name": ValidationError("A key needs a name with visible characters.", code="invalid")})
    return name


def _checked_end(expires_at: datetime | None, now: datetime) -> datetime | None:
    if expires_at is not None and expires_at <= now:
        raise ValidationError({"expires_at": ValidationError("This is in the past.", code="invalid")})
    return expires_at
