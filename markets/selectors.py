"""Reads of the markets that are more than one line."""

from __future__ import annotations

from markets.models import Cycle


def last_cycle() -> Cycle | None:
    """The newest cycle; None before the first."""
    return Cycle.objects.order_by("-number").first()
