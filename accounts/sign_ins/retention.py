"""Deletion of expired sign-ins."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from accounts.models import ApiKey, SignIn
from core.database.transactions import short_transaction


def prune_tokens(*, now: datetime) -> int:
    """Delete the refresh tokens that have expired, revoked ones too, and return how many there were."""
    return _prune(OutstandingToken.objects.filter(expires_at__lte=now))


def prune_sessions(*, now: datetime) -> int:
    """Delete the sessions that have expired, and return how many there were."""
    return _prune(Session.objects.filter(expire_date__lte=now))


def prune_sign_ins(*, now: datetime) -> int:
    """Delete the sign-ins that have expired, with device and address, and return how many there were."""
    return _prune(SignIn.objects.filter(until__lte=now))


def prune_keys(*, now: datetime) -> int:
    """Delete the API keys that were over API_KEYS_ENDED_KEPT_DAYS ago, and return how many there were."""
    return _prune(ApiKey.objects.filter(expires_at__lte=now - timedelta(days=settings.API_KEYS_ENDED_KEPT_DAYS)))


def _prune(expired: QuerySet[Any]) -> int:
    """Delete the expired rows in short transactions of `EXPIRED_BATCH_ROWS` each, so that nobody waits for long.

    Returns the number of deleted rows.
    """
    pruned = 0
    for keys in _batches(expired):
        with short_transaction():
            # Asked again: a session may have been prolonged meanwhile.
            _, deleted = expired.filter(pk__in=keys).delete()
        pruned += deleted.get(expired.model._meta.label, 0)
    return pruned


def _batches(expired: QuerySet[Any]) -> Iterator[list[Any]]:
    # On from the last key, so that what was deleted before, and no vacuum has cleared yet, is not read again.
    rest = expired.order_by("pk")
    while keys := list(rest.values_list("pk", flat=True)[: settings.EXPIRED_BATCH_ROWS]):
        yield keys
        rest = rest.filter(pk__gt=keys[-1])
