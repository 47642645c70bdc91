"""Answers to creations: 201, the address, and whether an earlier request with the same key made it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.response import Response
from rest_framework.reverse import reverse

#: Says that nothing was carried out again: the answer is that of the first request.
REPLAYED = "Idempotency-Replayed"


def _header(name: str, kind: Any, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, kind, OpenApiParameter.HEADER, response=[HTTPStatus.CREATED], description=description)


#: What `made` answers with, for the documentation.
LOCATION = _header("Location", OpenApiTypes.URI_REF, "Where what was made can be read.")
MADE = [LOCATION, _header(REPLAYED, OpenApiTypes.BOOL, "`true` where an earlier request with this key made it.")]


def made(told: Any, *, at: str, is_replay: bool = False, **parts: Any) -> Response:
    """Answer 201 with the object made, and its address: the route `at`, filled with `parts`."""
    headers = {"Location": reverse(at, kwargs=parts)}
    if is_replay:
        headers[REPLAYED] = "true"
    return Response(told, status=HTTPStatus.CREATED, headers=headers)


def made_transaction(told: Any, posted: Any) -> Response:
    """Answer 201 with a transaction."""
    return made(told, at="own-transaction", is_replay=posted.is_replay, number=posted.pk)
