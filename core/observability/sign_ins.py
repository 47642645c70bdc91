"""Observation of sign-ins, of any kind: how many succeeded, failed and were locked out."""

from __future__ import annotations

from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.dispatch import receiver

from core.observability.metrics import SIGN_INS


@receiver(user_logged_in)
def count_success(**_: Any) -> None:
    """Count a successful sign-in."""
    SIGN_INS.labels("succeeded").inc()


@receiver(user_login_failed)
def count_failure(**_: Any) -> None:
    """Count a wrong name or password."""
    SIGN_INS.labels("failed").inc()


@receiver(user_locked_out)
def count_lockout(**_: Any) -> None:
    """Count a lockout after too many failures."""
    SIGN_INS.labels("locked_out").inc()
