"""The rules as they are now, and the server's time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from markets.economic_settings import change_settings

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("markets")]

RULES = "/api/v1/biome-market/rules"


def test_limits_and_fees() -> None:
    told = APIClient().get(RULES).json()
    assert told["precision"] == {"decimal_places": 6}
    assert told["largest_amount"] == "1000000000.00"
    assert told["cycle"] == {
        "length_secs": 0.5, "pool_percent": "25.00", "max_move_percent": "5.00", "price_floor": "1.00",
        "receipts_kept_secs": 86400, "prices_frozen": False,
    }  # fmt: skip
    assert told["attention"] == {"budget_points": 10}
    assert told["trade"] == {
        "fee_percent": "2.00", "largest_percent_of_cash": "10.00", "default_tolerance_percent": "20.00",
        "is_paused": False,
    }  # fmt: skip
    assert (told["land"]["fee_percent"], told["land"]["parcels_max"]) == ("5.00", 100)
    assert told["land"]["price_percent_of_share"]["beach"] == "200.00"
    assert told["requests"]["idempotency_keys_kept_secs"] is None


def test_a_change_is_told_at_once_and_changes_the_etag(now: datetime) -> None:
    before = APIClient().get(RULES)
    again = {"If-None-Match": before["ETag"]}
    assert APIClient().get(RULES, headers=again).status_code == 304
    change_settings(changed_by=None, reason="story", now=now, trade_fee_bps=150, land_fee_bps=700, trading_paused=True)
    after = APIClient().get(RULES, headers=again)
    assert (after.status_code, after.json()["land"]["fee_percent"]) == (200, "7.00")
    assert (after.json()["trade"]["fee_percent"], after.json()["trade"]["is_paused"]) == ("1.50", True)
    assert after.json()["version"] == before.json()["version"] + 1


def test_the_time(assert_max_queries: Any) -> None:
    with assert_max_queries(0):
        before = timezone.now()
        reply = APIClient().get("/api/v1/time")
        after = timezone.now()
    at = datetime.fromisoformat(reply.json()["at"])
    assert before <= at <= after
    assert reply.json()["unix_ms"] == int(at.timestamp() * 1000)
    assert (reply.status_code, reply["Cache-Control"]) == (200, "no-store")
