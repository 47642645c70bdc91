"""Reading of requests: the signed-in player, a sent form."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, QueryDict
from django.views.decorators.http import require_http_methods
from rest_framework.request import Request

from accounts.models import User

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def sent_form(request: HttpRequest) -> QueryDict | None:
    """Return the form's fields; None where none was sent."""
    return request.POST if request.method == "POST" else None


def player_of(request: HttpRequest | Request) -> User:
    """Return the signed-in player. For views behind login_required or IsAuthenticated only."""
    return cast(User, request.user)
