"""Expired sign-ins are deleted each day, and valid ones stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings as site
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts import tasks
from accounts.models import ApiKey
from accounts.sign_ins.retention import prune_keys, prune_sessions, prune_tokens
from config.celery import app

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
A_MOMENT = timedelta(microseconds=1)


def token(name, expires_at, player=None):
    return OutstandingToken.objects.create(jti=name, token=name, user=player, expires_at=expires_at)


def session(key, expires_at):
    return Session.objects.create(session_key=key, session_data="", expire_date=expires_at)


@pytest.fixture(autouse=True)
def database(transactional_db):
    """Provide a real database, as writers open durable transactions of their own."""


def test_tokens_that_have_expired_go_and_their_revocations_with_them(ada):
    for name, expires_at in (("old", NOW - A_MOMENT), ("just", NOW), ("alive", NOW + A_MOMENT)):
        BlacklistedToken.objects.create(token=token(name, expires_at, ada))
    token("nobody's", NOW)

    assert prune_tokens(now=NOW) == 3
    assert list(OutstandingToken.objects.values_list("jti", flat=True)) == ["alive"]
    assert list(BlacklistedToken.objects.values_list("token__jti", flat=True)) == ["alive"]
    assert prune_tokens(now=NOW) == 0


def test_sessions_that_have_expired_go():
    for key, expires_at in (("old", NOW - A_MOMENT), ("just", NOW), ("alive", NOW + A_MOMENT)):
        session(key, expires_at)

    assert prune_sessions(now=NOW) == 2
    assert list(Session.objects.values_list("pk", flat=True)) == ["alive"]


def key(name, expires_at, player):
    return ApiKey.objects.create(
        player=player,
        name=name,
        prefix="bxk_",
        digest=name.encode(),
        scopes=["read"],
        made_at=NOW,
        expires_at=expires_at,
    )


def test_keys_that_are_over_are_kept_for_some_days(ada, settings):
    settings.API_KEYS_ENDED_KEPT_DAYS = 7
    week_ago = NOW - timedelta(days=7)
    for name, expires_at in (("old", week_ago), ("over", week_ago + A_MOMENT), ("alive", NOW), ("for ever", None)):
        key(name, expires_at, ada)

    assert prune_keys(now=NOW) == 1
    assert set(ApiKey.objects.values_list("name", flat=True)) == {"over", "alive", "for ever"}
    assert prune_keys(now=NOW) == 0


def test_keys_go_with_the_days_clean_up(ada):
    key("old", NOW - timedelta(days=site.API_KEYS_ENDED_KEPT_DAYS + 1), ada)
    key("alive", datetime(9999, 1, 1, tzinfo=UTC), ada)

    tasks.prune_tokens()

    assert [kept.name for kept in ApiKey.objects.all()] == ["alive"]


def test_a_few_at_a_time(settings):
    settings.EXPIRED_BATCH_ROWS = 2
    for number in range(5):
        token(f"old {number}", NOW)

    with CaptureQueriesContext(connection) as asked:
        assert prune_tokens(now=NOW) == 5
    assert sum(query["sql"] == "COMMIT" for query in asked) == 3
    assert not OutstandingToken.objects.exists()


def test_a_session_that_is_prolonged_meanwhile_stays(run_before):
    session("old", NOW)
    later = NOW + timedelta(days=1)
    run_before("accounts.sign_ins.retention.short_transaction", lambda: Session.objects.update(expire_date=later))

    assert prune_sessions(now=NOW) == 0
    assert Session.objects.get().expire_date == later


@pytest.mark.parametrize(
    ("task", "model", "write"),
    [(tasks.prune_tokens, OutstandingToken, token), (tasks.prune_sessions, Session, session)],
)
def test_it_is_done_once_a_day(task, model, write):
    write("old", NOW)
    write("alive", datetime(9999, 1, 1, tzinfo=UTC))

    task()

    assert model.objects.count() == 1
    [scheduled] = [each for each in site.CELERY_BEAT_SCHEDULE.values() if each["task"] == task.name]
    assert (len(scheduled["schedule"].hour), len(scheduled["schedule"].minute)) == (1, 1)
    assert task.name in app.tasks
