"""Celery tasks of the marketplace, each calling one function."""

from __future__ import annotations

import logging
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from core.errors import MarketBusy
from marketplace.daily_summary import summarise_day
from marketplace.sales.auctions import settle_ended
from marketplace.world.land_attention import forget_old_looks as forget

logger = logging.getLogger(__name__)


@shared_task
def summarise_yesterday() -> None:
    """Summarise the past day, for administrators."""
    now = timezone.now()
    summarise_day(day=now.date() - timedelta(days=1), now=now)


@shared_task
def settle_ended_listings() -> None:
    """Settle the listings that have ended since the last time."""
    try:
        settle_ended(now=timezone.now(), at_most=settings.SETTLE_AT_MOST)
    except MarketBusy:
        # They are still there: the next time takes them.
        logger.warning("ended listings found wallets busy and were left for the next time")


@shared_task
def forget_old_looks() -> None:
    """Delete old records of the attention that parcels brought."""
    forget(now=timezone.now())
