"""Forged tokens for an existing player are refused by every view."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from accounts.models import User
from accounts.tests.cast import ME, REFRESH, bearer, codes_of

DOORS = (ME, "/api/v1/biome-market/track-attention")


def claims(player: User, **changed: Any) -> dict[str, Any]:
    now = int(time.time())
    return {"token_type": "access", "exp": now + 600, "iat": now, "jti": "f" * 32, "user_id": str(player.pk)} | changed


def unsigned(player: User, algorithm: str) -> str:
    """Return a token whose header names an algorithm and whose signature is empty."""
    parts = [{"alg": algorithm, "typ": "JWT"}, claims(player)]
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


def signed(key: Any, algorithm: str = "HS256", **changed: Any) -> Callable[[User], str]:
    return lambda player: jwt.encode(claims(player, **changed), key, algorithm=algorithm)


FORGED: dict[str, Callable[[User], str]] = {
    "no algorithm": lambda player: unsigned(player, "none"),
    "no algorithm, otherwise spelled": lambda player: unsigned(player, "nOnE"),
    "ours, without a signature": lambda player: unsigned(player, "HS256"),
    "another key": signed("x" * 32),
    "another algorithm": signed(settings.SECRET_KEY * 2, "HS512"),
    "a key pair of the forger": signed(rsa.generate_private_key(65537, 2048), "RS256"),
    "expired": signed(settings.SECRET_KEY, exp=int(time.time()) - 60),
    "without an end": lambda player: jwt.encode(
        {name: value for name, value in claims(player).items() if name != "exp"}, settings.SECRET_KEY
    ),
    "of another kind": signed(settings.SECRET_KEY, token_type="refresh"),
    "of no kind": lambda player: jwt.encode(
        {name: value for name, value in claims(player).items() if name != "token_type"}, settings.SECRET_KEY
    ),
    "of nobody": signed(settings.SECRET_KEY, user_id="2147483647"),
    "of a number too large": signed(settings.SECRET_KEY, user_id=str(10**30)),
    "a refresh token": lambda player: str(RefreshToken.for_user(player)),
    "another's signature": lambda player: f"{AccessToken.for_user(player)}"[:-4] + "AAAA",
    "no token": lambda player: "a.b.c",
    "nothing": lambda player: "",
    "not ASCII": lambda player: "\u00e9.\u00e9.\u00e9",
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_doors_are_shut(api: APIClient, ada: User, forge: Callable[[User], str]) -> None:
    for door in DOORS:
        reply = api.get(door, **bearer(forge(ada)))
        assert (reply.status_code, reply.has_header("WWW-Authenticate")) == (401, True), reply.content
        assert len(codes_of(reply)) == 1


def test_a_token_in_an_address_opens_no_door(api: APIClient, ada: User) -> None:
    assert api.get(f"{ME}?token={AccessToken.for_user(ada)}").status_code == 401


@pytest.mark.usefixtures("markets")
def test_a_token_of_a_host_whose_clock_is_a_little_ahead_opens_doors(api: APIClient, ada: User) -> None:
    ahead = int(time.time() + settings.CLOCK_SKEW_MAX_SECS)
    for door in DOORS:
        assert api.get(door, **bearer(signed(settings.SECRET_KEY, iat=ahead)(ada))).status_code == 200
        assert api.get(door, **bearer(signed(settings.SECRET_KEY, iat=ahead + 60)(ada))).status_code == 401


def test_a_refresh_token_of_such_a_host_is_exchanged(api: APIClient, ada: User) -> None:
    refresh = RefreshToken.for_user(ada)
    refresh["iat"] = int(time.time() + settings.CLOCK_SKEW_MAX_SECS)
    assert api.post(REFRESH, {"refresh": str(refresh)}).status_code == 200
