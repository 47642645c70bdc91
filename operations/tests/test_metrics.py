"""The metrics page answers permitted clients only."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from uuid import uuid4

import pytest
import redis
from channels.testing import HttpCommunicator
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import OperationalError, connection
from django.utils import timezone
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from attention.biomes import Biome
from config.asgi import application
from core.errors import MarketBusy
from markets.economic_settings import change_settings
from markets.redistribution.attention import track_attention
from markets.redistribution.cycle import run_cycle
from operations.monitoring import exchange_state
from trading.invariants.results import keep_result
from trading.invariants.rules import Invariant
from trading.orders.market_orders import buy_shares
from trading.wallets.wallets import top_up

TOKEN = "a-token-of-its-own"


@pytest.fixture
def scrape(client, settings):
    """Return a function that reads all samples of the metrics page: their values by name and labels."""
    settings.METRICS_TOKEN = TOKEN

    def ask():
        reply = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert reply.status_code == 200
        families = text_string_to_metric_families(reply.content.decode())
        return {
            (sample.name, *sorted(sample.labels.values())): sample.value
            for family in families
            for sample in family.samples
        }

    return ask


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


# --- Who may ask ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sent", [{}, {"Authorization": "Bearer "}, {"Authorization": "Bearer wrong"}])
def test_nobody_reads_it_by_default(client, sent):
    reply = client.get("/metrics", headers=sent, REMOTE_ADDR="127.0.0.1")
    assert (reply.status_code, b"exchange_" in reply.content) == (403, False)


@pytest.mark.django_db
@pytest.mark.parametrize(("address", "status"), [("10.1.2.3", 200), ("10.2.0.1", 403), ("nonsense", 403)])
def test_addresses_that_are_named_read_it(client, settings, address, status):
    settings.METRICS_ADDRESSES = ["192.0.2.1", "10.1.0.0/16"]
    assert client.get("/metrics", REMOTE_ADDR=address).status_code == status


@pytest.mark.django_db
def test_it_answers_under_any_host_and_no_redirect(client, settings):
    settings.METRICS_ADDRESSES, settings.SECURE_SSL_REDIRECT = ["127.0.0.1"], True
    assert client.get("/metrics", headers={"Host": "10.0.0.7:8000"}).status_code == 200


def test_who_comes_through_the_proxy_is_not_the_proxy(client, settings):
    settings.METRICS_ADDRESSES = ["10.0.0.0/8"]
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}
    reply = client.get("/metrics", REMOTE_ADDR="10.0.0.2", headers={"X-Forwarded-For": "203.0.113.9"})
    assert reply.status_code == 403


# --- What is counted --------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_trade_and_a_refusal_are_counted(markets, alice, now, client):
    top_up(operation=uuid4(), initiator_id=alice.pk, player_id=alice.pk, amount_micro=10**9, reason="x", now=now)
    before = counted("exchange_trades_total", biome="snow", side="buy")
    buy_shares(operation=uuid4(), player_id=alice.pk, biome=Biome.SNOW, spend_micro=10**6, now=now)
    assert counted("exchange_trades_total", biome="snow", side="buy") == before + 1

    client.force_login(alice)
    refused = counted("exchange_refusals_total", code="insufficient_funds")
    order = {"biome": "snow", "spend": "999999"}
    assert client.post("/api/v1/biome-market/buy", order, content_type="application/json").status_code == 409
    assert counted("exchange_refusals_total", code="insufficient_funds") == refused + 1


@pytest.mark.django_db(transaction=True)
def test_a_cycle_and_what_it_took_are_counted(markets, alice, now):
    timed = "exchange_cycle_lock_held_seconds_count"
    before = counted(timed), counted("exchange_cycles_total", reason="redistributed")
    points = [counted("exchange_attention_points_total", outcome=outcome) for outcome in ("accepted", "dropped")]
    track_attention(player_id=alice.pk, biome=Biome.OCEAN, points=12)
    run_cycle(number=1, now=now)
    assert (counted(timed), counted("exchange_cycles_total", reason="redistributed")) == (before[0] + 1, before[1] + 1)
    assert counted("exchange_attention_points_total", outcome="accepted") == points[0] + 10
    assert counted("exchange_attention_points_total", outcome="dropped") == points[1] + 2


@pytest.mark.django_db(transaction=True)
def test_a_lock_that_was_waited_for_in_vain_is_counted(markets, now, settings, in_thread):
    settings.LOCK_TIMEOUT_MS = 1
    before = counted("exchange_lock_timeouts_total")
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT FROM markets_market FOR UPDATE")
        busy = in_thread(lambda: run_cycle(number=1, now=now)).exception(timeout=5)
        cursor.execute("ROLLBACK")
    assert isinstance(busy, MarketBusy)
    assert counted("exchange_lock_timeouts_total") == before + 1


def test_a_request_is_counted_by_route_and_not_by_address(client):
    before = counted("exchange_http_responses_total", view="unknown", method="GET", status="404")
    client.get("/api/no-such/address-1")
    client.get("/api/no-such/address-2")
    assert counted("exchange_http_responses_total", view="unknown", method="GET", status="404") == before + 2


@pytest.mark.django_db
def test_sign_ins_are_counted_by_what_became_of_them(client, settings):
    settings.AXES_FAILURE_LIMIT = 1
    get_user_model().objects.create_user("ada", "ada@example.com", "correct horse battery")
    outcomes = ("succeeded", "failed", "locked_out")
    before = [counted("exchange_sign_ins_total", outcome=outcome) for outcome in outcomes]
    for password in ("correct horse battery", "wrong"):
        client.post("/api/v1/auth/token", {"username": "ada", "password": password}, content_type="application/json")
    after = [counted("exchange_sign_ins_total", outcome=outcome) for outcome in outcomes]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1, 1]


def test_processes_that_share_a_folder_are_counted_together(tmp_path):
    count = "from core.observability.metrics import *; TRADES.labels('ocean', 'buy').inc()"
    tell = "print(exposition().decode())"
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "made")}
    for asks in (count, f"{count}; {tell}"):
        ran = subprocess.run(
            [sys.executable, "-c", asks], env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True
        )
    assert 'exchange_trades_total{biome="ocean",side="buy"} 2.0' in ran.stdout, ran.stderr


@pytest.mark.parametrize(("sent", "status"), [((), 403), (((b"authorization", f"Bearer {TOKEN}".encode()),), 200)])
async def test_streams_tell_what_they_count_themselves(settings, sent, status):
    settings.METRICS_TOKEN = TOKEN
    reply = await HttpCommunicator(application, "GET", "/metrics", headers=list(sent)).get_response()
    assert (reply["status"], b"exchange_stream_clients" in reply["body"]) == (status, status == 200)


# --- What is looked up ------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_state_is_told(markets, root, scrape):
    now = timezone.now()
    run_cycle(number=1, now=now - timedelta(seconds=60), announce=False)
    change_settings(changed_by=root, reason="x", now=now, prices_frozen=True)
    keep_result(invariants=[Invariant("wallets", ""), Invariant("holds", "", ("broken",))], took_ms=1500, now=now)
    told = scrape()
    assert told["exchange_up", "database"] == told["exchange_up", "redis"] == 1
    assert 60 <= told["exchange_last_cycle_age_seconds",] < 70
    assert told["exchange_ledger_law_holds", "wallets"] == 1
    assert told["exchange_ledger_law_holds", "holds"] == 0
    assert told["exchange_ledger_checked_timestamp_seconds",] == pytest.approx(now.timestamp())
    assert told["exchange_ledger_check_seconds",] == 1.5
    assert (told["exchange_stopped", "prices_frozen"], told["exchange_stopped", "trading_paused"]) == (1, 0)
    assert told["exchange_queue_messages", "redistribution"] == 0
    assert 0 < told["exchange_disk_free_ratio", "/"] < 1
    assert told["exchange_listings_overdue",] == told["exchange_flags_unreviewed",] == 0


@pytest.mark.django_db
def test_without_the_database_the_rest_is_told(scrape, monkeypatch):
    def fail():
        raise OperationalError

    monkeypatch.setattr(connection, "cursor", fail)
    told = scrape()
    assert (told["exchange_up", "database"], told["exchange_up", "redis"]) == (0, 1)
    # Redis remembers whether the database's disk was full.
    assert [name for name, *_ in told if name.startswith("exchange_database")] == ["exchange_database_disk_full"]


@pytest.mark.django_db
def test_without_redis_the_rest_is_told(markets, scrape, monkeypatch):
    monkeypatch.setattr(exchange_state, "redis_client", lambda: redis.Redis.from_url("redis://127.0.0.1:1"))
    told = scrape()
    assert (told["exchange_up", "database"], told["exchange_up", "redis"]) == (1, 0)


@pytest.mark.django_db
def test_the_age_of_the_newest_backup_is_told(scrape, settings, tmp_path):
    settings.BACKUP_DIR = str(tmp_path)
    assert ("exchange_backup_age_seconds",) not in scrape()
    (tmp_path / "empty.dump").touch()
    assert ("exchange_backup_age_seconds",) not in scrape()
    (tmp_path / "whole.dump").write_bytes(b"x")
    assert 0 <= scrape()["exchange_backup_age_seconds",] < 60
