"""Helpers of the tests of races over land: ineffective locks for the controls, and points at which rivals meet."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from threading import Barrier
from typing import Any

import pytest

from marketplace.models import Land, Listing
from tests.fixtures import WAIT_SECS
from trading.models import Wallet


def unlock(monkeypatch: pytest.MonkeyPatch, *paths: str) -> None:
    """Return a function that makes locks of listings, parcels or wallets, at a dotted path, read without locking."""
    reads = {
        "listing_locked": lambda listing_id: Listing.objects.get(pk=listing_id),
        "land_locked": lambda land_id: Land.objects.get(pk=land_id),
        "players_wallets_locked": _wallets,
        "wallets_for_writing": _wallets,
    }
    for path in paths:
        monkeypatch.setattr(path, reads[path.rpartition(".")[2]])


def meet_after(monkeypatch: pytest.MonkeyPatch, *paths: str, rivals: int = 2) -> None:
    """Return a function that makes rivals wait for each other after each has called one of the functions at these
    paths.
    """
    barrier = Barrier(rivals, timeout=WAIT_SECS)
    for path in paths:
        monkeypatch.setattr(path, _followed_by(barrier, path))


def _followed_by(barrier: Barrier, path: str) -> Any:
    module, name = path.rsplit(".", 1)
    original = getattr(import_module(module), name)

    def met(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        barrier.wait()
        return result

    return met


def _wallets(player_ids: Iterable[int], **_moment: Any) -> dict[int, Wallet]:
    return Wallet.objects.in_bulk(set(player_ids))
