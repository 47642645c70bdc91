"""Celery tasks of trading, each calling one function."""

from __future__ import annotations

import logging

from celery import shared_task
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

from trading import flows, ledger_checks, standings, worth

logger = logging.getLogger(__name__)


@shared_task
def snapshot_worth() -> None:
    """Record every player's worth, if that is due."""
    worth.snapshot_worth(now=timezone.now())


@shared_task
def thin_snapshots() -> None:
    """Thin the old snapshots of players' worth."""
    worth.thin_snapshots(now=timezone.now())


@shared_task
def rebuild_standings() -> None:
    """Update the leaderboard."""
    standings.rebuild_standings(now=timezone.now())


@shared_task
def close_hours() -> None:
    """Store the totals of the transactions of past hours."""
    flows.close_hours(now=timezone.now())


@shared_task
def check_ledger() -> None:
    """Check the laws of money, and raise the alarm for broken ones."""
    try:
        ledger_checks.check_ledger(now=timezone.now(), within_secs=settings.LEDGER_CHECK_TIMEOUT_SECS)
    except OperationalError as error:
        logger.error("the laws of money were not checked: %s", error)
