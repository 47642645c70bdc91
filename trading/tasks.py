"""What Celery calls: each task is a door to one function."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from trading import flows, standings, worth


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
