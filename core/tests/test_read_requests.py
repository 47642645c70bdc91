"""Bodies that are too large, or are no JSON, are refused before any other check."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

TOKEN = "/api/v1/auth/token"
DEEP = b"[" * 10_000 + b"]" * 10_000
NOT_JSON = {
    "nothing of it": b"{",
    "too deep": DEEP,
    "too deep within a field": b'{"username": ' + DEEP + b', "password": "x"}',
    "a name twice": b'{"username": "ada", "password": "x", "username": "bob"}',
    "not a number": b'{"username": NaN}',
    "infinity": b'{"username": -Infinity}',
    "a number of 5,000 digits": b'{"username": ' + b"9" * 5000 + b"}",
    "not UTF-8": b'{"username": "\xff\xfe"}',
    "UTF-16": '{"username": "ada"}'.encode("utf-16"),
}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON)
def test_what_is_no_json(client: Client, body: bytes) -> None:
    assert refusal(client.post(TOKEN, body, "application/json")) == (400, "parse_error")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "multipart/form-data; boundary=x", "application/xml", "nonsense"]
)
def test_what_says_that_it_is_something_else(client: Client, content_type: str) -> None:
    assert refusal(client.post(TOKEN, b'{"username": "ada"}', content_type)) == (415, "unsupported_media_type")


@pytest.mark.parametrize("charset", ["utf-16", "bz2_codec", "nonsense"])
def test_what_names_another_charset_is_read_as_utf8(client: Client, charset: str) -> None:
    reply = client.generic("POST", TOKEN, b"{}", f"application/json; charset={charset}")
    assert refusal(reply) == (400, "required")


@pytest.mark.parametrize("path", [TOKEN, "/sign-in/", "/admin/login/"])
def test_a_large_body_is_not_read(client: Client, path: str) -> None:
    class Unread(BytesIO):
        def read(self, *_: Any) -> bytes:
            raise AssertionError("it was read")

    reply = client.generic("POST", path, **{"wsgi.input": Unread(), "CONTENT_LENGTH": str(10 * 1024 * 1024)})
    assert reply.status_code == 413
    assert "request_too_large" in reply.content.decode()


def refusal(reply: Any) -> tuple[int, str]:
    return reply.status_code, reply.json()["errors"][0]["code"]
