"""Celery tasks of the accounts, each calling one function. Those that send mail stand beside what they send."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from accounts.mail.new_address import send_address_mail_later
from accounts.mail.notices import send_notice_later
from accounts.passwords.reset import send_reset_mail_later
from accounts.sign_ins import lockout, retention

__all__ = [
    "prune_sessions",
    "prune_tokens",
    "pull_back_failures",
    "send_address_mail_later",
    "send_notice_later",
    "send_reset_mail_later",
]


@shared_task
def prune_tokens() -> None:
    """Delete refresh tokens that have expired, and API keys that have for long."""
    retention.prune_tokens(now=timezone.now())
    retention.prune_keys(now=timezone.now())


@shared_task
def prune_sessions() -> None:
    """Delete expired sessions, with their records and those of tokens."""
    retention.prune_sessions(now=timezone.now())
    retention.prune_sign_ins(now=timezone.now())


@shared_task
def pull_back_failures() -> None:
    """Count failures with a future time as made now, after a clock was set back."""
    lockout.pull_back_failures(now=timezone.now())
