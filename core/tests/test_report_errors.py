"""Faults are reported to Sentry, with ids and without anything personal; refusals are not."""

from __future__ import annotations

import json
import logging

import pytest
import sentry_sdk
from django.core.exceptions import PermissionDenied
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.http import Http404
from django.test import Client, RequestFactory
from sentry_sdk.transport import Transport

from core.errors import InsufficientFunds, MarketBusy
from core.observability import error_reports

DSN = "https://key@errors.invalid/1"


class Collecting(Transport):
    """A transport that keeps the reports instead of sending them."""

    def __init__(self):
        super().__init__()
        self.events = []

    def capture_envelope(self, envelope):
        self.events += [item.payload.json for item in envelope.items if item.headers["type"] == "event"]


@pytest.fixture
def reports(settings):
    """Record the reports made while the test runs."""
    settings.SENTRY_DSN, settings.RELEASE = DSN, "1.2.3"
    transport = Collecting()
    error_reports.start(transport=transport)
    yield transport.events
    sentry_sdk.get_global_scope().set_client(None)


@pytest.fixture(autouse=True)
def kept_connection():
    """Keep the server from closing the test's connection to the database, in which everything happens."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def failing(monkeypatch):
    """Return a function that makes the leaderboard raise an error."""

    def fail_with(error):
        def fail(**_):
            secret = "-".join(("correct", "horse"))  # noqa: F841  # a value that a report could tell
            raise error

        monkeypatch.setattr("analytics.views.leaderboard.leaderboard_of", fail)

    return fail_with


def ask(player) -> str:
    """Request the page as a browser of that player does; returns the request's id."""
    browser = Client()
    browser.force_login(player)
    headers = {"User-Agent": "a browser", "Referer": "http://testserver/alice", "X-Forwarded-For": "203.0.113.9"}
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
    environ = RequestFactory(headers=headers | {"Cookie": cookies})._base_environ(
        PATH_INFO="/leaderboard/", QUERY_STRING="name=alice"
    )
    answered = {}
    reply = WSGIHandler()(environ, lambda status, sent: answered.update(sent))
    b"".join(reply)
    reply.close()
    return answered["X-Request-ID"]


def test_a_fault_is_reported_with_its_ids(reports, failing, alice):
    failing(RuntimeError("a fault"))
    request_id = ask(alice)
    [event] = reports
    [exception] = event["exception"]["values"]
    assert (exception["type"], exception["value"], event["release"]) == ("RuntimeError", "a fault", "1.2.3")
    assert event["tags"] == {"request_id": request_id, "player_id": str(alice.pk)}
    assert event["request"] == {"method": "GET", "url": "/leaderboard/"}


def test_a_report_has_nothing_personal(reports, failing, alice):
    failing(RuntimeError("no\nDETAIL:  Key (email)=(alice@example.com) already exists."))
    ask(alice)
    text = json.dumps(reports)
    words = ("alice", "example.com", "203.0.113.9", "a browser", "correct-horse", "sessionid", "csrftoken")
    assert len(reports) == 1
    assert [word for word in words if word in text] == []


@pytest.mark.parametrize("answer", [Http404("x"), PermissionDenied("x"), InsufficientFunds(), MarketBusy()])
def test_refusals_are_not_reported(reports, failing, alice, answer):
    failing(answer)
    ask(alice)
    assert reports == []


@pytest.mark.django_db
def test_refusals_of_the_api_are_not_reported(reports, client):
    assert client.post("/api/v1/biome-market/buy").status_code == 401
    assert client.get("/api/v1/biome-market/markets/nowhere").status_code == 404
    assert reports == []


def test_an_error_in_the_log_is_reported(reports):
    logging.getLogger("trading.invariants.results").error("invariants of money are broken: %s", "holds")
    [event] = reports
    assert event["logentry"]["formatted"] == "invariants of money are broken: holds"


def test_without_a_dsn_nothing_is_reported(settings):
    settings.SENTRY_DSN = ""
    error_reports.start(transport=Collecting)
    assert not sentry_sdk.get_client().is_active()
