"""All readers parse an address from a proxy alike, whatever its form, and none fails for it."""

from __future__ import annotations

from typing import Any

import pytest
from axes.models import AccessAttempt
from rest_framework.test import APIClient

from accounts.models import SignIn, User
from core.web.client_addresses import address_in, address_of_request, address_of_scope
from core.web.rate_limits import PlayerThrottle

TOKEN = "/api/v1/auth/token"
PASSWORD = "correct horse battery staple"
WRITTEN = [
    ("203.0.113.9", "203.0.113.9"),
    (" 203.0.113.9 ", "203.0.113.9"),
    ("203.0.113.9:51234", "203.0.113.9"),
    ('"203.0.113.9:51234"', "203.0.113.9"),
    ("2001:db8::9", "2001:db8::9"),
    ("2001:0DB8:0::9", "2001:db8::9"),
    ("[2001:db8::9]", "2001:db8::9"),
    ("[2001:db8::9]:443", "2001:db8::9"),
    ("fe80::1%eth0", "fe80::1"),
    ("[fe80::1%25eth0]:1", "fe80::1"),
    ("::ffff:203.0.113.9", "203.0.113.9"),
    ("[::ffff:203.0.113.9]:80", "203.0.113.9"),
    ("unknown", None),
    ("_hidden", None),
    ("", None),
    ("-", None),
    ("203.0.113.9:http", None),
    ("203.0.113.9:", None),
    ("[2001:db8::9", "2001:db8::9"),
    ("[2001:db8::9]443", None),
    ("203.0.113.999", None),
    ("203.0.113.0/24", None),
    ("a\x00b", None),
    ("for=203.0.113.9", None),
]


@pytest.mark.parametrize(("written", "address"), WRITTEN)
def test_an_address_is_found_in_what_was_written(written: str, address: str | None) -> None:
    assert address_in(written) == address


@pytest.mark.django_db
@pytest.mark.parametrize(("written", "address"), WRITTEN)
def test_every_door_takes_what_was_written(settings: Any, rf: Any, written: str, address: str | None) -> None:
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}
    User.objects.create_user("ada", "ada@example.org", PASSWORD)
    api = APIClient(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=f"198.51.100.1,{written}")

    assert api.post(TOKEN, {"username": "ada", "password": "wrong"}, format="json").status_code == 401
    assert list(AccessAttempt.objects.values_list("ip_address", flat=True)) == [_household(address)]
    assert api.post(TOKEN, {"username": "ada", "password": PASSWORD}, format="json").status_code == 200
    assert list(SignIn.objects.values_list("address", flat=True)) == [address]

    request = rf.get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=written)
    assert address_of_request(request) == address
    assert PlayerThrottle().get_ident(request) == (_household(address) or "unknown")
    headers = [(b"x-forwarded-for", written.encode())]
    assert address_of_scope({"client": ("10.0.0.1", 1), "headers": headers}) == address


@pytest.mark.django_db
def test_the_unknown_are_locked_out_together(settings: Any) -> None:
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}
    settings.AXES_FAILURE_LIMIT = 3
    User.objects.create_user("ada", "ada@example.org", PASSWORD)
    statuses = [
        APIClient(HTTP_X_FORWARDED_FOR=written)
        .post(TOKEN, {"username": "ada", "password": "wrong"}, format="json")
        .status_code
        for written in ("unknown", "_hidden", "x")
    ]
    assert statuses == [401, 401, 429]
    assert (
        APIClient(HTTP_X_FORWARDED_FOR="-")
        .post(TOKEN, {"username": "ada", "password": PASSWORD}, format="json")
        .status_code
        == 429
    )
    known = APIClient(HTTP_X_FORWARDED_FOR="203.0.113.9:1")
    assert known.post(TOKEN, {"username": "ada", "password": PASSWORD}, format="json").status_code == 200


def test_a_server_on_a_socket_file_knows_no_address(rf: Any) -> None:
    assert address_of_request(rf.get("/", REMOTE_ADDR="")) is None
    assert address_of_scope({"client": None, "headers": []}) is None


def _household(address: str | None) -> str | None:
    """Return the network of an IPv6 address in these tests, and other addresses unchanged."""
    return {"2001:db8::9": "2001:db8::", "fe80::1": "fe80::"}.get(address or "", address)
