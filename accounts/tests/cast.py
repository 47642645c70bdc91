"""Players, clients and readers of answers for the accounts' tests."""

from http import HTTPStatus
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher

PASSWORD = "correct horse battery staple"
OTHER_PASSWORD = "an entirely different thing"

REGISTER = "/api/v1/auth/register"
TOKEN = "/api/v1/auth/token"
REFRESH = "/api/v1/auth/token/refresh"
LOGOUT = "/api/v1/auth/logout"
SESSION = "/api/v1/auth/session"
ME = "/api/v1/auth/me"
CHANGE_PASSWORD = "/api/v1/auth/password"

ADA = {"username": "ada", "password": PASSWORD}


class QuickArgon2PasswordHasher(Argon2PasswordHasher):
    """The site's own hash at the least cost, for quick tests."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1


def codes_of(response: Any) -> list[tuple[str, str | None]]:
    """Return the code and the field of every error in a reply."""
    return [(error["code"], error["attr"]) for error in response.json()["errors"]]


def sign_in_for_tokens(api: Any, **credentials: str) -> dict[str, str]:
    response = api.post(TOKEN, {**ADA, **credentials})
    assert response.status_code == HTTPStatus.OK, response.content
    issued: dict[str, str] = response.json()
    return issued


def sign_in_by_session(api: Any) -> None:
    """Start a session and send its CSRF token from then on, as the site's pages do."""
    assert api.post(SESSION, ADA).status_code == HTTPStatus.OK
    api.credentials(HTTP_X_CSRFTOKEN=api.cookies["csrftoken"].value)


def bearer(access: str) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Bearer {access}"}
