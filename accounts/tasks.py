"""Celery tasks of the accounts, each calling one function."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from accounts import lockout, mails, retention

#: A mail server that is away may be back: after so long, then twice as long each time, so often.
MAIL_AGAIN_SECS, MAIL_AGAIN_TIMES = 30, 6


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


@shared_task(autoretry_for=(mails.MailNotSent,), retry_backoff=MAIL_AGAIN_SECS, max_retries=MAIL_AGAIN_TIMES)
def send_reset_mail(address: str) -> None:
    """Send a link for a new password, where an account has the address."""
    from accounts import password_reset  # it names this task

    password_reset.send_reset_mail(address=address)


@shared_task(autoretry_for=(mails.MailNotSent,), retry_backoff=MAIL_AGAIN_SECS, max_retries=MAIL_AGAIN_TIMES)
def send_address_mail(player_id: str, address: str) -> None:
    """Send a link that confirms a new address, or a notice to the account that already has it."""
    from accounts import new_address  # it names this task

    new_address.send_address_mail(player_id=int(player_id), address=address)


@shared_task(autoretry_for=(mails.MailNotSent,), retry_backoff=MAIL_AGAIN_SECS, max_retries=MAIL_AGAIN_TIMES)
def send_notice(template: str, address: str, username: str) -> None:
    """Send a notice of a change to an account."""
    mails.send(template, address=address, username=username)
