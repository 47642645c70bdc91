"""No log line, by any logger at any level, and no report contains an address that opens an account, or a token."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpRequest
from django.test import Client
from django.urls import get_resolver

from accounts.models import User
from accounts.passwords.reset import link_of
from core.observability.error_reports import report_of
from core.observability.secrets import LEFT_OUT, SECRET_ROUTES, without_secrets

PROOF = "cxyz12-0123456789abcdef0123456789abcdef"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIn0.c2lnbmF0dXJl"


@pytest.mark.usefixtures("markets")
@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "options", "head", "trace"])
@pytest.mark.parametrize(
    "address", ["{path}", "{path}more/", "{upper}", "/{path}", "/nothing?next={path}", "{path}?x=1"]
)
def test_whatever_is_asked_of_a_link(
    alice: User, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], method: str, address: str
) -> None:
    uid, token = link_of(alice)
    path = f"/password-reset/{uid}/{token}/"
    asked = address.format(path=path, upper=f"/PASSWORD-RESET/{uid}/{token}/")
    with caplog.at_level(logging.DEBUG):
        getattr(Client(enforce_csrf_checks=True, raise_request_exception=False), method)(asked)

    assert token not in caplog.text + capfd.readouterr().err + repr(
        [record.__dict__["msg"] for record in caplog.records]
    )
    assert caplog.records


@pytest.mark.parametrize("route", SECRET_ROUTES)
@pytest.mark.parametrize(
    "line",
    [
        '127.0.0.1 - "GET /{route}/Mg/{proof}/ HTTP/1.1" 200',
        "Forbidden (CSRF cookie not set.): /{route}/{proof}/",
        "https://exchange.example/{route}/Mg/{proof}/?a=b",
        "/sign-in/?next=%2F{route}%2FMg%2F{proof}%2F",
        "/sign-in/?next=%252F{route}%252FMg%252F{proof}%252F",
        "//{route}//Mg/{proof}",
    ],
)
def test_a_line_of_any_server(caplog: pytest.LogCaptureFixture, route: str, line: str) -> None:
    with caplog.at_level(logging.DEBUG):
        for name in ("granian.access", "uvicorn.access", "django.server", "whoever"):
            logging.getLogger(name).info("%s", line.format(route=route, proof=PROOF))
            logging.getLogger(name).debug(line.format(route=route, proof=PROOF))
    assert PROOF not in caplog.text
    assert caplog.text.count(LEFT_OUT) >= 2


@pytest.mark.parametrize("parameter", ["token", "access_token", "refresh", "code", "TOKEN"])
def test_a_token_in_a_query(parameter: str) -> None:
    told = without_secrets(f'"GET /api/v1/ws?last=3&{parameter}={PROOF}&room=all HTTP/1.1"')
    assert told == f'"GET /api/v1/ws?last=3&{parameter}={LEFT_OUT}&room=all HTTP/1.1"'
    assert PROOF not in without_secrets(f"next=%2Fapi%3F{parameter}%3D{PROOF}")


def test_a_token_by_itself(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("whoever").warning("got %(sent)s", {"sent": f"Bearer {JWT}"})
    assert caplog.messages == [f"got Bearer {LEFT_OUT}"]


def test_a_request_in_a_line(caplog: pytest.LogCaptureFixture) -> None:
    request = HttpRequest()
    request.method, request.path = "GET", f"/password-reset/Mg/{PROOF}/"
    request.get_full_path = lambda force_append_slash=False: request.path  # type: ignore[method-assign]
    logging.getLogger("whoever").warning("could not answer %r", request)
    assert PROOF not in caplog.text


def test_other_lines_stay_as_they_are() -> None:
    line = "Not Found: /nothing?q=1, 3 of 4 tokens; /password-reset/ is a page, as is /api/v1/auth/password/reset"
    assert without_secrets(line) == line


def test_a_report() -> None:
    path = f"/password-reset/Mg/{PROOF}/"
    event: dict[str, Any] = {
        "transaction": path,
        "logentry": {"message": "Forbidden: %s", "params": [path]},
        "request": {"method": "POST", "url": f"https://exchange.example{path}?token={PROOF}"},
        "exception": {"values": [{"value": f"no {path}", "stacktrace": {"frames": [{"context_line": path}]}}]},
        "spans": [{"description": f"GET {path}"}],
        "breadcrumbs": {"values": [{"message": path}]},
    }
    assert PROOF not in repr(report_of(event, {}))


def test_every_address_with_a_proof_is_known() -> None:
    """Every route that takes a token or another proof begins as SECRET_ROUTES states; nginx has the same list."""
    routes = [str(pattern.pattern) for group in get_resolver().url_patterns for pattern in _leaves(group)]
    taking = [route for route in routes if "token>" in route or "proof>" in route or "uidb64>" in route]
    assert taking
    assert not [route for route in taking if not route.startswith(SECRET_ROUTES)]
    nginx = (Path(settings.BASE_DIR) / "deploy" / "nginx" / "nginx.conf.template").read_text()
    assert f"({'|'.join(SECRET_ROUTES)})" in nginx
    assert '"path":"$told_path"' in nginx


def _leaves(pattern: Any) -> list[Any]:
    if not hasattr(pattern, "url_patterns"):
        return [pattern]
    return [leaf for below in pattern.url_patterns for leaf in _leaves(below)]
