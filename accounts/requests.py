"""The signed-in player of a request."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest
from rest_framework.request import Request

from accounts.models import User


def player_of(request: HttpRequest | Request) -> User:
    """Return the signed-in player. For views behind login_required or IsAuthenticated only."""
    return cast(User, request.user)
