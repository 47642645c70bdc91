"""API keys: recognising, listing and ending them. `key_making` makes them, `key_holders` finds a key's player."""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from typing import Final

from django.db.models import QuerySet

from accounts.errors import NoSuchKey
from accounts.models import ApiKey, User
from accounts.sign_ins.stream_control import tell_keys_ended
from core.database.transactions import after_commit, short_transaction

#: How every key begins, so that it is told from a token, and found where it was left lying about.
KEY_START: Final = "bxk_"
PREFIX_LENGTH: Final = 12


def is_key(credential: str) -> bool:
    """Return whether this text has the form of a key."""
    return credential.startswith(KEY_START)


def digest_of(key: str) -> bytes:
    """Return the digest by which a key is stored."""
    return sha256(key.encode()).digest()


def keys_of(player_id: int) -> QuerySet[ApiKey]:
    """Return a player's keys, the newest first; API_KEYS_MAX at most."""
    return ApiKey.objects.filter(player_id=player_id).order_by("-pk")


def key_of(*, player_id: int, number: int) -> ApiKey:
    """Return one of a player's keys. Raises NoSuchKey."""
    key = ApiKey.objects.filter(player_id=player_id, pk=number).first()
    if key is None:
        raise NoSuchKey
    return key


def end_key(*, player_id: int, number: int) -> None:
    """End one of a player's keys, with its open streams. Raises NoSuchKey."""
    with short_transaction():
        if not end_keys(ApiKey.objects.filter(player_id=player_id, pk=number)):
            raise NoSuchKey


def end_keys(keys: QuerySet[ApiKey]) -> int:
    """End these keys of one player, within a transaction, and return how many there were."""
    ended = list(keys.values_list("pk", "player_id"))
    if ended:
        numbers = [number for number, _ in ended]
        ApiKey.objects.filter(pk__in=numbers).delete()
        after_commit(partial(tell_keys_ended, ended[0][1], numbers))
    return len(ended)


def end_all_keys(player: User) -> None:
    """End all of a player's keys, within a transaction."""
    end_keys(ApiKey.objects.filter(player=player))
