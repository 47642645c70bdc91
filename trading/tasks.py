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
    """Record what every player is worth, if that is due."""
    worth.snapshot_worth(now=timezone.now())


@shared_task
def thin_snapshots() -> None:
    """Keep fewer of the old records of what players were worth."""
    worth.thin_snapshots(now=timezone.now())


@shared_task
def rebuild_standings() -> None:
    """Bring the leaderboard up to date."""
    standings.rebuild_standings(now=timezone.now())


@shared_task
def close_hours() -> None:
    """Write down what the transactions of the hours that are over add up to."""
    flows.close_hours(now=timezone.now())


@shared_task
def check_ledger() -> None:
    """Check the laws of money, and raise the alarm for one that is broken."""
    try:
        ledger_checks.check_ledger(now=timezone.now(), within_secs=settings.LEDGER_CHECK_TIMEOUT_SECS)
    except OperationalError as error:
        logger.error("the laws of money were not checked: %s", error)
