"""Celery tasks of the markets, each calling one function."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from attention.meter import clear_away_taken
from core.errors import MarketBusy
from core.observability.metrics import CYCLES
from markets.history.candles import update_candles as update
from markets.history.retention import prune_ticks as prune
from markets.redistribution.cycle import next_number, run_cycle

logger = logging.getLogger(__name__)


@shared_task
def redistribute() -> None:
    """Run the cycle that is due, if one is."""
    now = timezone.now()
    number = next_number(now=now)
    if number is None:
        return
    try:
        run_cycle(number=number, now=now)
    except MarketBusy:
        # The attention is still there: the next cycle takes it.
        CYCLES.labels("busy").inc()
        logger.warning("cycle %s found the markets busy and was skipped", number)


@shared_task
def clear_away_attention() -> None:
    """Free the space of the attention that cycles have taken."""
    clear_away_taken()


@shared_task
def update_candles() -> None:
    """Update the candles up to the newest tick."""
    update()


@shared_task
def prune_ticks() -> None:
    """Delete ticks and cycles older than the retention."""
    prune(now=timezone.now())
