"""A token of a host whose clock is a little ahead opens the streams, as it opens the API."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import jwt
import pytest
from django.conf import settings
from django.db import connections
from rest_framework.exceptions import AuthenticationFailed

from accounts.models import User
from streams.access.authentication import visitor_of
from streams.tests.sockets import in_database


def _scope(player: User, *, ahead_secs: float) -> dict[str, object]:
    now = int(time.time() + ahead_secs)
    claims = {"token_type": "access", "exp": now + 600, "iat": now, "jti": "f" * 32, "user_id": str(player.pk)}
    token = jwt.encode(claims, settings.SECRET_KEY, algorithm="HS256")
    return {"query_string": f"token={token}".encode(), "headers": []}


@pytest.fixture
async def closed_afterwards(transactional_db: None) -> AsyncIterator[None]:
    """Close the database connection of the thread that looks visitors up."""
    yield
    await in_database(connections.close_all)()


@pytest.mark.usefixtures("closed_afterwards")
async def test_as_far_as_clocks_may_be_apart(alice: User) -> None:
    visitor = await visitor_of(_scope(alice, ahead_secs=settings.CLOCK_SKEW_MAX_SECS))
    assert visitor.player_id == alice.pk
    with pytest.raises(AuthenticationFailed):
        await visitor_of(_scope(alice, ahead_secs=60))
