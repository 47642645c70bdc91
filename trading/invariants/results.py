"""Stored results of checking the invariants of money, for administrators, metrics and `manage.py doctor`."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import mail_admins
from django.db import connection

from trading.invariants.rules import Invariant
from trading.models import LedgerCheck

logger = logging.getLogger(__name__)

#: The newest result as one value, for a query that asks for more: `result_of` reads it.
NEWEST_RESULT = "(SELECT json_build_array(at, took_ms, findings) FROM trading_ledgercheck ORDER BY id DESC LIMIT 1)"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of a check of all invariants: its time, its duration, and the breaches of each (empty: it holds)."""

    checked_at: datetime
    took_ms: int
    findings: dict[str, list[str]]

    @property
    def checked(self) -> int:
        """Return the number of invariants."""
        return len(self.findings)

    @property
    def broken(self) -> list[str]:
        """Return the names of the broken invariants."""
        return [name for name, breaches in self.findings.items() if breaches]

    @property
    def holding(self) -> dict[str, float]:
        """Return, by invariant, 1 where it holds, else 0."""
        return {name: 0.0 if breaches else 1.0 for name, breaches in self.findings.items()}


def keep_result(*, invariants: Sequence[Invariant], took_ms: int, now: datetime) -> CheckResult:
    """Store the result of a check, and delete old results."""
    findings = {invariant.name: list(invariant.breaches) for invariant in invariants}
    LedgerCheck.objects.create(at=now, took_ms=took_ms, findings=findings)
    LedgerCheck.objects.filter(at__lt=now - timedelta(seconds=settings.LEDGER_CHECKS_KEPT_SECS)).delete()
    return CheckResult(now, took_ms, findings)


def last_result() -> CheckResult | None:
    """Return the result of the newest check; None where there was none."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {NEWEST_RESULT}")
        return result_of(cursor.fetchone()[0])


def result_of(newest: list[Any] | None) -> CheckResult | None:
    """Return the result in the value of `NEWEST_RESULT`."""
    if newest is None:
        return None
    at, took_ms, findings = newest
    return CheckResult(datetime.fromisoformat(at), took_ms, findings)


def raise_alarm(result: CheckResult) -> None:
    """Report a broken invariant to the operators: in the log, and by mail to ADMINS."""
    breaches = [f"{name}: {'; '.join(result.findings[name])}" for name in result.broken]
    logger.error("invariants of money are broken: %s", " | ".join(breaches))
    mail_admins(
        f"Invariants of money are broken: {', '.join(result.broken)}",
        "\n".join([f"Checked at {result.checked_at:%Y-%m-%d %H:%M:%S} UTC.", *breaches, "", "See docs/operations.md."]),
        # Who cannot be reached by mail sees the alert.
        fail_silently=True,
    )
