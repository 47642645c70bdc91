"""Logs contain no personal data: no name, address of mail or network, token or password."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from celery import current_app
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.cast import (
    ADA,
    CHANGE_PASSWORD,
    ME,
    OTHER_PASSWORD,
    PASSWORD,
    REFRESH,
    REGISTER,
    SESSION,
    TOKEN,
    bearer,
    sign_in_for_tokens,
)

pytestmark = pytest.mark.usefixtures("markets")

GRACE = {"username": "gracehopper", "email": "grace@navy.example", "password": PASSWORD}
WRONG = "a wrong passphrase of mine"


@pytest.fixture
def log() -> Iterator[StringIO]:
    """Yield a buffer that receives everything logged during the test, from INFO up."""
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s %(request_id)s", defaults={"request_id": ""}))
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture(autouse=True)
def tasks_at_once() -> Iterator[None]:
    current_app.conf.task_always_eager = True
    yield
    current_app.conf.task_always_eager = False


def test_signing_up_in_and_failing(
    api: APIClient,
    browser: Client,
    ada: User,
    log: StringIO,
    settings: Any,
    django_capture_on_commit_callbacks: Any,
) -> None:
    settings.AXES_FAILURE_LIMIT = 2
    api.defaults["REMOTE_ADDR"] = browser.defaults["REMOTE_ADDR"] = "198.51.100.77"
    with django_capture_on_commit_callbacks(execute=True):
        pair = api.post(REGISTER, GRACE).json()
        own = sign_in_for_tokens(api)
        api.post(REFRESH, {"refresh": own["refresh"]})
        api.post(REFRESH, {"refresh": own["refresh"]})
        api.get(ME, **bearer(own["access"] + "x"))
        api.patch(ME, {"email": "ada@new.example"}, **bearer(own["access"]))
        api.post(CHANGE_PASSWORD, {"current_password": WRONG, "new_password": OTHER_PASSWORD}, **bearer(own["access"]))
        browser.post("/password-reset/", {"email": GRACE["email"]})
        browser.post("/register/", {**GRACE, "email": "second@navy.example"})
        for _ in range(3):
            api.post(TOKEN, {**ADA, "password": WRONG})
            api.post(SESSION, {**ADA, "password": WRONG})
            browser.post("/sign-in/", {**ADA, "password": WRONG})
            browser.post("/admin/login/", {**ADA, "password": WRONG})
        browser.get("/account/?token=" + pair["access"])

    said = log.getvalue()
    assert said, "refusals are logged"
    secrets = [PASSWORD, OTHER_PASSWORD, WRONG, pair["access"], pair["refresh"], own["access"], own["refresh"]]
    for person in ("gracehopper", "navy.example", "ada@", "'ada'", '"ada"', "198.51.100.77", *secrets):
        assert person not in said, said
