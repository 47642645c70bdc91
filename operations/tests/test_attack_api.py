"""Every operation of the API, attacked by its own description, with every check that schemathesis has.

Always the same examples, few of them: `make attack` makes more (`ATTACK_EXAMPLES`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
import yaml
from django.conf import settings as site
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck
from schemathesis.specs.openapi.checks import positive_data_acceptance

from accounts.api import PASSWORD_CODES
from config.wsgi import application
from core.web.rate_limits import FixedWindowThrottle
from operations.tests.attackers import Exchange, access_token
from operations.tests.attackers import exchange as exchange

EXAMPLES = int(os.environ.get("ATTACK_EXAMPLES", "3"))
GENERATION = {"max-examples": EXAMPLES, "deterministic": True, "database": "none", "no-shrink": EXAMPLES < 100}

#: What the description cannot say: by code and field, why data that it calls right is refused all the same.
BEYOND_THE_SCHEMA = {
    ("invalid", "cursor"): "a cursor is opaque: only one that a reply gave is right",
    ("max_value", None): "the largest amount is a setting, and a pattern does not count",
    **{
        (code, field): "what passwords must not be is more than a pattern says"
        for field in ("password", "new_password")
        for code in PASSWORD_CODES
    },
    ("required", "current_password"): "a new address alone takes it",
    ("password_incorrect", "current_password"): "only the player knows it",
    ("reset_link_invalid", "token"): "only a mail has it",
    ("invalid", "email"): "which addresses are addresses is more than a format says",
    ("invalid", "username"): "letters are those of every script, which no pattern says",
    **{
        (code, field): "which characters can be seen, and which look alike, is more than a pattern says"
        for code in ("invisible", "mixed_scripts", "look_alike")
        for field in ("username", "display_name")
    },
    ("invalid", "name"): "a name of what cannot be seen is none",
    ("invalid", "addresses"): "which networks there are is more than a schema says",
    ("unique", "username"): "somebody has it",
    ("unique", "email"): "somebody has it",
    ("invalid", "expires_at"): "a time to come is one until it is past",
    ("invalid_choice", "time_zone"): "there are as many zones as the system knows",
    ("invalid", "reserve"): "a reserve is not below the start: one field is held against another",
    ("invalid", "buy_now"): "a buy-now price is above both: one field is held against another",
    ("invalid", "title"): "a title of control characters alone is none",
    ("own_wallet", "to"): "the player's own name is a name",
    **{
        ("invalid", name): "the parameters of an address are not held against each other by a description"
        for name in ("kind", "role", "side", "player", "until")
    },
}


def description() -> dict[str, Any]:
    """Return the description. The attacker makes a header's examples by its format alone, not its pattern."""
    read: dict[str, Any] = yaml.load((site.BASE_DIR / "docs" / "openapi.yaml").read_text(), yaml.CSafeLoader)
    for operation in (operation for methods in read["paths"].values() for operation in methods.values()):
        for parameter in operation.get("parameters", ()):
            if parameter["name"] == "Idempotency-Key":
                parameter["schema"]["format"] = "uuid"
    return read


schema = schemathesis.openapi.from_dict(
    description(),
    config=schemathesis.Config.from_dict({"seed": 6, "generation": GENERATION}),
)
schema.app = application


@pytest.fixture(autouse=True)
def uncounted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FixedWindowThrottle, "allow_request", lambda *_: True)


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """Keep the connection to the database open: the test's transaction is in it.

    Django's own test client does the same.
    """
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def callers(exchange: Exchange) -> list[dict[str, str]]:
    """Return the headers of a guest, a player and an administrator."""
    guest = {"Accept-Encoding": "identity"}
    return [guest, headers_of(exchange.player), headers_of(exchange.administrator)]


def headers_of(user) -> dict[str, str]:
    return {"Accept-Encoding": "identity", "Authorization": f"Bearer {access_token(user)}"}


@schema.parametrize()
@hypothesis.settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_operation(case, callers) -> None:
    for headers in callers:
        check(case, case.call(headers=headers), headers)


def test_what_one_operation_makes_others_use(exchange: Exchange) -> None:
    headers = headers_of(exchange.player)

    class Story(schema.as_state_machine()):
        # Each story begins with the same exchange, or what is drawn in one would hang on those before it.
        def setup(self):
            self.changes = transaction.atomic()
            self.changes._from_testcase = True
            self.changes.__enter__()

        def teardown(self):
            transaction.set_rollback(True)
            self.changes.__exit__(None, None, None)

        def get_call_kwargs(self, case):
            return {"headers": headers}

        def validate_response(self, response, case, **kwargs):
            check(case, response, headers, recorder=self.recorder)

    Story.run(
        settings=hypothesis.settings(
            max_examples=EXAMPLES,
            derandomize=True,
            deadline=None,
            database=None,
            stateful_step_count=8,
            suppress_health_check=list(HealthCheck),
        )
    )


def check(case, reply, headers: dict[str, str], **context) -> None:
    excluded = [positive_data_acceptance] if is_beyond_the_schema(reply) else []
    case.validate_response(reply, headers=headers, excluded_checks=excluded, **context)


def is_beyond_the_schema(reply) -> bool:
    if reply.status_code != 400:
        return False
    known = BEYOND_THE_SCHEMA.keys()
    return all({(error["code"], error["attr"]), (error["code"], None)} & known for error in reply.json()["errors"])
