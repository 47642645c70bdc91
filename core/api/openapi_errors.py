"""Descriptions of the exchange's own refusals for the API's documentation."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework import serializers

from core.errors import DomainError


class RefusalErrorSerializer(serializers.Serializer[Any]):
    """One reason of a refusal."""

    code = serializers.CharField(help_text="A stable word.")
    detail = serializers.CharField(help_text="A sentence for people.")
    attr = serializers.CharField(allow_null=True, help_text="The field at fault, where one is.")


class RefusalSerializer(serializers.Serializer[Any]):
    """A refusal by one of the exchange's own rules. Nothing has changed."""

    type = serializers.ChoiceField(choices=["validation_error", "client_error", "server_error"])
    # The annotation says what a request's errors are; here it is a field's name.
    errors = RefusalErrorSerializer(many=True)  # type: ignore[assignment]


def refusals(*errors: type[DomainError]) -> dict[int, OpenApiResponse]:
    """Return the responses that these refusals make, by status, for `extend_schema`."""
    by_status: dict[int, list[type[DomainError]]] = {}
    for error in errors:
        by_status.setdefault(error.status, []).append(error)
    return {status: _response(status, alike) for status, alike in by_status.items()}


def _response(status: int, errors: list[type[DomainError]]) -> OpenApiResponse:
    kind = "server_error" if status >= 500 else "client_error"
    examples = [
        OpenApiExample(
            error.code,
            {"type": kind, "errors": [{"code": error.code, "detail": error.message, "attr": None}]},
            response_only=True,
            status_codes=[str(status)],
        )
        for error in errors
    ]
    return OpenApiResponse(RefusalSerializer, ", ".join(error.code for error in errors), examples=examples)
