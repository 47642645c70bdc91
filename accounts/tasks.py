"""What Celery calls: each task is a door to one function."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from accounts import retention


@shared_task
def prune_tokens() -> None:
    """Delete refresh tokens that have expired."""
    retention.prune_tokens(now=timezone.now())


@shared_task
def prune_sessions() -> None:
    """Delete sessions that have expired."""
    retention.prune_sessions(now=timezone.now())
