"""Celery tasks of analytics, each calling one function. Their names are those of trading, where they began."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from analytics.economy import hourly_totals
from analytics.equity import snapshots
from analytics.leaderboard import rankings


@shared_task(name="trading.tasks.snapshot_worth")
def snapshot_worth() -> None:
    """Record every player's worth, if that is due."""
    snapshots.snapshot_worth(now=timezone.now())


@shared_task(name="trading.tasks.thin_snapshots")
def thin_snapshots() -> None:
    """Thin the old snapshots of players' worth."""
    snapshots.thin_snapshots(now=timezone.now())


@shared_task(name="trading.tasks.rebuild_standings")
def rebuild_standings() -> None:
    """Update the leaderboard."""
    rankings.rebuild_standings(now=timezone.now())


@shared_task(name="trading.tasks.close_hours")
def close_hours() -> None:
    """Store the totals of the transactions of past hours."""
    hourly_totals.close_hours(now=timezone.now())
