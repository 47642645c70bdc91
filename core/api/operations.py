"""Requests that change something: the idempotency key, the caller, and the refusals that all of them have."""

from __future__ import annotations

from uuid import UUID, uuid4

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from core.errors import IdempotencyConflict, MarketBusy

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    # Not as a UUID: generated clients would put that into a header as it is.
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    pattern="^{0}{0}-{0}-{0}-{0}-{0}{0}{0}$".format("[0-9a-fA-F]{4}"),
    examples=[OpenApiExample("a key of yours", "0b6f3f7e-58a4-4c3a-9a3c-5f1d2c3b4a59")],
    description="A UUID of yours. The same key with the same request gives the first answer again, and is carried out "
    "once; with another request it is a conflict. A request that timed out is unknown, not failed: send it again.",
)

WRITE = (IdempotencyConflict, MarketBusy)

PLAYER_ONLY = [IsAuthenticated]


def caller_id(request: Request) -> int:
    """Return the id of the player who makes the request."""
    assert request.user.pk is not None  # the views' permissions let nobody else in
    return request.user.pk


def operation_of(request: Request) -> UUID:
    """Return the request's Idempotency-Key, or a new one where the client sent none. Raises ValidationError."""
    key = request.headers.get("Idempotency-Key")
    return uuid4() if key is None else operation_from(key, attr="Idempotency-Key")


def operation_from(key: str, *, attr: str) -> UUID:
    """Return the id in a client's key. Raises ValidationError on `attr`."""
    try:
        return UUID(key)
    except ValueError:
        raise ValidationError({attr: "A UUID is required."}, code="invalid") from None
