"""The ids of a request's work appear in its log lines, its task and its error page."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError
from django.test import Client
from rest_framework_simplejwt.tokens import AccessToken

from core.observability import context, heartbeats, tasks
from core.observability.logs import JsonFormatter, LineFormatter
from trading.wallets.wallets import top_up

ACCESS = "exchange.access"


@pytest.fixture
def behind_a_proxy(settings):
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}


@pytest.fixture
def work():
    """Begin a piece of work for a player."""
    token = context.begin(context.Work("request-1", "operation-1", lambda: 7))
    yield
    context.end(token)


@pytest.fixture
def lines():
    """Record the log lines written as JSON."""
    written: list[dict[str, object]] = []

    class Collecting(logging.Handler):
        def emit(self, record):
            written.append(json.loads(self.format(record)))

    handler = Collecting(level=logging.INFO)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


def record_of(message: str, *args: object, **more: object) -> logging.LogRecord:
    return logging.makeLogRecord({"name": "x", "levelname": "INFO", "msg": message, "args": args, **more})


# --- Requests ---------------------------------------------------------------------------------------------------------


def test_each_request_gets_an_id_of_its_own(client):
    first, second = (client.get("/healthz")["X-Request-ID"] for _ in range(2))
    assert context.is_request_id(first)
    assert first != second


def test_a_strangers_id_is_not_taken(client):
    assert (
        client.get("/healthz", headers={"X-Request-ID": "chosen-by-a-client"})["X-Request-ID"] != "chosen-by-a-client"
    )


def test_the_proxys_id_is_taken(client, behind_a_proxy):
    assert client.get("/healthz", headers={"X-Request-ID": "made-by-nginx"})["X-Request-ID"] == "made-by-nginx"


@pytest.mark.parametrize("named", ["", "short", "x" * 65, "two words here", "línea-larga", 'quote"quote"'])
def test_of_the_proxy_only_what_can_be_an_id(client, behind_a_proxy, named):
    assert context.is_request_id(client.get("/healthz", headers={"X-Request-ID": named})["X-Request-ID"])


def test_a_trade_is_one_line_with_all_ids(markets, alice, now, lines):
    operation = uuid4()
    top_up(operation=uuid4(), initiator_id=alice.pk, player_id=alice.pk, amount_micro=10**9, reason="x", now=now)
    reply = Client(headers={"Authorization": f"Bearer {AccessToken.for_user(alice)}"}).post(
        "/api/v1/biome-market/buy",
        {"biome": "ocean", "spend": "10"},
        content_type="application/json",
        headers={"Idempotency-Key": str(operation)},
    )
    assert reply.status_code == 201
    [line] = [line for line in lines if line["logger"] == ACCESS]
    assert line.pop("ms") > 0
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "INFO",
        "logger": ACCESS,
        "message": "request",
        "request_id": reply["X-Request-ID"],
        "player_id": alice.pk,
        "operation_id": str(operation),
        "method": "POST",
        "route": "buy",
        "status": 201,
    }


def test_a_line_has_nothing_personal(client, alice, lines):
    client.force_login(alice)
    client.get("/account/?email=alice@example.com", headers={"User-Agent": "a browser"}, REMOTE_ADDR="203.0.113.9")
    text = json.dumps(lines)
    assert f'"player_id": {alice.pk}' in text
    assert not [word for word in ("alice", "example.com", "203.0.113.9", "browser") if word in text]


def test_what_machines_ask_every_second_is_no_line(client, markets, lines):
    client.get("/healthz")
    client.get("/readyz")
    client.get("/metrics")
    assert [line for line in lines if line["logger"] == ACCESS] == []


def test_nothing_is_under_way_after_a_request(client):
    client.get("/healthz")
    assert context.ids_under_way() == {}


@pytest.mark.django_db
def test_an_error_page_names_what_the_log_has(client, lines, monkeypatch):
    def fail(**_: object) -> None:
        raise RuntimeError("a fault")

    client.raise_request_exception = False
    monkeypatch.setattr("analytics.views.leaderboard.leaderboard_of", fail)
    page = client.get("/leaderboard/")
    assert page.status_code == 500
    assert f'<code class="reference">{page["X-Request-ID"]}</code>' in page.content.decode()
    faults = [line for line in lines if line["level"] == "ERROR"]
    assert [line["request_id"] for line in faults] == [page["X-Request-ID"]]
    assert "RuntimeError: a fault" in faults[0]["traceback"]


# --- Lines ------------------------------------------------------------------------------------------------------------


def test_a_line_for_people_has_the_ids_behind_it(work):
    formatter = LineFormatter("%(levelname)s %(name)s: %(message)s")
    expected = "INFO x: 2 of 3 [request_id=request-1 player_id=7 operation_id=operation-1]"
    assert formatter.format(record_of("%s of %s", 2, 3)) == expected


def test_what_a_line_tells_besides_comes_first(work):
    record = record_of("request", told={"status": 200})
    assert LineFormatter("%(message)s").format(record).startswith("request [status=200 request_id=request-1 ")


def test_a_line_of_no_work_is_as_it_was():
    assert LineFormatter("%(message)s").format(record_of("alone")) == "alone"


@pytest.mark.django_db
@pytest.mark.parametrize("formatter", [JsonFormatter(), LineFormatter()])
def test_rows_that_the_database_quotes_are_left_out(alice, formatter):
    with pytest.raises(IntegrityError) as caught:
        get_user_model().objects.create_user("another", "ALICE@example.com")
    text = formatter.format(record_of("%s", caught.value, exc_info=(caught.type, caught.value, caught.tb)))
    assert "duplicate key value violates unique constraint" in text
    assert "alice@example.com" not in text


# --- Tasks ------------------------------------------------------------------------------------------------------------


def sent_with(headers: dict[str, object]) -> SimpleNamespace:
    """Return a task as a worker sees it."""
    delivered = {"routing_key": "celery"}
    return SimpleNamespace(name="a.task", request=SimpleNamespace(delivery_info=delivered, **headers))


def test_what_sends_a_task_off_knows_the_broker():
    # In a process of its own, as here the tests have asked for Celery's app already.
    asks = "import django; django.setup(); from accounts.tasks import prune_tokens; print(prune_tokens.app.main)"
    told = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, cwd=settings.BASE_DIR)
    assert told.stdout == "biome_exchange\n", told.stderr


def test_a_task_goes_on_with_the_work_of_the_request(work):
    headers: dict[str, object] = {}
    tasks.send_ids_along(headers=headers)
    task = sent_with(headers)
    outside = context.begin(context.Work("another"))

    tasks.begin_task(task_id="1", task=task)
    during = context.ids_under_way()
    tasks.end_task(task_id="1", task=task)

    assert during == {"request_id": "request-1", "player_id": 7, "operation_id": "operation-1"}
    assert context.ids_under_way() == {"request_id": "another"}
    context.end(outside)


def test_a_task_of_beat_goes_by_its_own_id():
    task = sent_with({})
    tasks.begin_task(task_id="task-1", task=task)
    during = context.ids_under_way()
    tasks.end_task(task_id="task-1", task=task)
    assert during == {"request_id": "task-1"}


def test_a_task_is_a_sign_of_life_of_its_queue(monkeypatch):
    monkeypatch.setattr(heartbeats, "_last_secs", {})
    task = sent_with({})
    tasks.begin_task(task_id="1", task=task)
    tasks.end_task(task_id="1", task=task)
    assert heartbeats.silent_secs()[heartbeats.DEFAULT_QUEUE] < 5
