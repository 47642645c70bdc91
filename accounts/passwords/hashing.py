"""Limits on concurrent password hashing in each process: it is expensive on purpose, and must not block the server.

PASSWORD_HASHES_AT_ONCE are computed, PASSWORD_HASHES_WAITING wait for their turn, for PASSWORD_HASH_WAIT_SECS at
most; beyond either, the client is told to come again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, PBKDF2PasswordHasher

from core.errors import TooManyHashes

_turns = threading.Condition()
_of_thread = threading.local()


class _Counts:
    """The numbers of password hashes that this process computes and that wait."""

    under_way = 0
    waiting = 0


@contextmanager
def a_turn() -> Iterator[None]:
    """Wait for a turn to hash within the block.

    Raises TooManyHashes when too many wait already, or this one has waited for too long. A hash within the block of
    another shares its turn.
    """
    if getattr(_of_thread, "has_turn", False):
        yield
        return
    _wait_for_turn()
    _of_thread.has_turn = True
    try:
        yield
    finally:
        _of_thread.has_turn = False
        with _turns:
            _Counts.under_way -= 1
            _turns.notify()


def _wait_for_turn() -> None:
    with _turns:
        if not _is_free():
            if _Counts.waiting >= settings.PASSWORD_HASHES_WAITING:
                raise TooManyHashes
            _Counts.waiting += 1
            try:
                if not _turns.wait_for(_is_free, timeout=settings.PASSWORD_HASH_WAIT_SECS):
                    raise TooManyHashes
            finally:
                _Counts.waiting -= 1
        _Counts.under_way += 1


def _is_free() -> bool:
    return bool(_Counts.under_way < settings.PASSWORD_HASHES_AT_ONCE)


class InTurn:
    """A mixin that makes one of Django's hashers wait for its turn."""

    def encode(self, *arguments: Any, **options: Any) -> str:
        """Return the hash. Raises TooManyHashes."""
        with a_turn():
            return str(super().encode(*arguments, **options))  # type: ignore[misc]  # of what it is mixed into

    def verify(self, *arguments: Any, **options: Any) -> bool:
        """Return whether a password has this hash. Raises TooManyHashes."""
        with a_turn():
            return bool(super().verify(*arguments, **options))  # type: ignore[misc]  # of what it is mixed into


class Argon2InTurn(InTurn, Argon2PasswordHasher):
    """Argon2 with limited concurrency."""


class PBKDF2InTurn(InTurn, PBKDF2PasswordHasher):
    """PBKDF2 with limited concurrency, for old hashes."""
