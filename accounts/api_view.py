"""The base class of the views of accounts and keys."""

from __future__ import annotations

from http import HTTPStatus

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error

from core.api.known_fields import ApiView


class AuthView(ApiView):
    """The base of the authentication API's views: error answers in one shape."""

    def handle_exception(self, exc: Exception) -> Response:
        """Turn a writer's ValidationError into a serializer's, and name the scheme of authentication with every 401."""
        if isinstance(exc, DjangoValidationError):
            exc = ValidationError(as_serializer_error(exc))
        response = super().handle_exception(exc)
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            response.setdefault("WWW-Authenticate", 'Bearer realm="api"')
        return response
