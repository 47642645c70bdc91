"""The API's errors have one shape, whatever the reason."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from rest_framework.exceptions import NotAuthenticated, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from core.api.errors import problem_of
from core.errors import InsufficientFunds, MarketBusy, PriceMoved


def reply_to(error: Exception) -> Response:
    """Return the reply of a view that raises an error."""

    class RaisingView(APIView):
        permission_classes = (AllowAny,)
        throttle_classes = ()

        def get(self, request: Request) -> Response:
            raise error

    return RaisingView.as_view()(APIRequestFactory().get("/"))


def test_a_refusal() -> None:
    reply = reply_to(InsufficientFunds())
    assert reply.status_code == 409
    assert reply.data == {
        "type": "client_error",
        "errors": [{"code": "insufficient_funds", "detail": InsufficientFunds.message, "attr": None}],
    }
    assert not reply.has_header("Retry-After")


def test_a_refusal_names_the_field_at_fault() -> None:
    [error] = reply_to(PriceMoved("Now 101.00.", attr="worst_price")).data["errors"]
    assert error == {"code": "price_moved", "detail": "Now 101.00.", "attr": "worst_price"}


def test_a_busy_market_says_when_to_come_again() -> None:
    reply = reply_to(MarketBusy())
    assert (reply.status_code, reply["Retry-After"]) == (503, "1")
    assert (reply.data["type"], reply.data["errors"][0]["code"]) == ("server_error", "market_busy")


@pytest.mark.parametrize("away", [OperationalError, InterfaceError, RedisConnectionError, RedisTimeoutError])
def test_a_dependency_that_is_away_says_when_to_come_again(away: type[Exception]) -> None:
    reply = reply_to(away("secret address"))
    assert (reply.status_code, reply["Retry-After"]) == (503, "1")
    assert reply.data["errors"][0]["code"] == "service_unavailable"
    assert "secret" not in str(reply.data)


def test_a_fault_tells_nothing_of_itself() -> None:
    reply = reply_to(KeyError("secret"))
    assert reply.status_code == 500
    assert reply.data["errors"] == [{"code": "error", "detail": "Server Error (500)", "attr": None}]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NotAuthenticated(), ("not_authenticated", None)),
        (ValidationError({"points": ["Too many.", "Not whole."]}, "invalid"), ("invalid", "points")),
        (PriceMoved(attr="worst_price"), ("price_moved", "worst_price")),
        (OperationalError(), ("service_unavailable", None)),
    ],
)
def test_sockets_are_told_the_first_problem(error: Exception, told: Any) -> None:
    problem = problem_of(error)
    assert (problem.code, problem.attr) == told


def test_sockets_are_not_told_of_a_fault() -> None:
    with pytest.raises(KeyError):
        problem_of(KeyError("secret"))


@pytest.mark.parametrize("method", ["get", "post", "delete"])
@pytest.mark.parametrize("path", ["/api/v1/biome-market/nothing", "/api/v1/", "/api/v2/wallet", "/api/"])
def test_an_address_of_the_api_that_is_none(client: Client, path: str, method: str) -> None:
    reply = getattr(client, method)(path)
    assert (reply.status_code, reply["Content-Type"]) == (404, "application/json")
    assert reply.json() == {
        "type": "client_error",
        "errors": [{"code": "not_found", "detail": "There is no such address.", "attr": None}],
    }


@pytest.mark.parametrize("path", ["/nothing", "/api", "/apis/v1"])
def test_an_address_of_a_page_that_is_none(client: Client, path: str) -> None:
    reply = client.get(path)
    assert (reply.status_code, reply["Content-Type"].split(";")[0]) == (404, "text/html")
