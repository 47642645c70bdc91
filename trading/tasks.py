"""Celery tasks of trading, each calling one function."""

from __future__ import annotations

import logging

from celery import shared_task
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

from trading.invariants import check

logger = logging.getLogger(__name__)


@shared_task
def check_ledger() -> None:
    """Check the invariants of money, and raise the alarm for broken ones."""
    try:
        check.check_ledger(now=timezone.now(), within_secs=settings.LEDGER_CHECK_TIMEOUT_SECS)
    except OperationalError as error:
        logger.error("the invariants of money were not checked: %s", error)
