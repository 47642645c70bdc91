"""Checks that requests to the API hold known names only, so that a misspelt limit is not ignored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ParseError, UnsupportedMediaType, ValidationError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.views import APIView

#: So many of them are named in a refusal.
NAMED_MOST = 10


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to fill in a request, for its description: required fields, forbidden fields, and their schema."""

    requires: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    given: Mapping[str, str] = field(default_factory=dict)


class RequestSerializer(serializers.Serializer[Any]):
    """The base of requests' objects, whole or part of another: unknown names are refused.

    Where fields depend on each other, `VARIANTS` are the ways to fill it in, by the names of their schemas.
    """

    VARIANTS: ClassVar[Mapping[str, Variant]] = {}

    def to_internal_value(self, data: Any) -> Any:
        """Return the fields' values.

        Raises ValidationError: unknown_field for each unknown name, and the fields' own errors.
        """
        if not isinstance(data, Mapping):
            return super().to_internal_value(data)
        known = {name for name, part in self.fields.items() if not part.read_only}
        strange = _strange(data, known, "There is no such field.", code="unknown_field")
        try:
            values = super().to_internal_value(data)
        except ValidationError as error:
            if isinstance(error.detail, dict):
                raise ValidationError({**strange, **error.detail}) from error
            raise
        if strange:
            raise ValidationError(strange)
        return values


class ApiView(APIView):
    """The base of the API's views. Query parameters are those of `query_types` and of the view's pages."""

    #: What a read takes; writes take nothing there.
    query_types: ClassVar[tuple[type[serializers.Serializer[Any]], ...]] = ()
    #: The scope that an API key needs here, or the one for each method; without it no key is let in.
    required_scope: ClassVar[str | Mapping[str, str] | None] = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the caller as DRF does, then refuse unknown parameters, and a body where none is accepted."""
        super().initial(request, *args, **kwargs)
        if not hasattr(self, str(request.method).lower()):
            # The refusal of the method says more.
            return
        known = self.known_parameters() if request.method in SAFE_METHODS else set()
        refuse_parameters(dict(request.query_params.lists()), known=known, once=known)
        if request.method == "DELETE":
            _refuse_body(request)

    def known_parameters(self) -> set[str]:
        """Return the names of the query parameters that a read accepts."""
        known: set[str] = {name for query in self.query_types for name in query._declared_fields}
        pages = getattr(self, "pagination_class", None)
        return known if pages is None else known | {pages.cursor_query_param, pages.page_size_query_param}


def refuse_parameters(given: Mapping[str, Sequence[str]], *, known: set[str], once: set[str]) -> None:
    """Refuse query parameters that are unknown or repeated too often. Raises ValidationError."""
    refused = _strange(given, known, "There is no such parameter.", code="unknown_parameter")
    for name in once:
        if len(given.get(name, ())) > 1:
            refused[name] = [ErrorDetail("This parameter may be given once only.", code="repeated_parameter")]
    if refused:
        raise ValidationError(refused)


def _refuse_body(request: Request) -> None:
    try:
        body = request.data
    except UnsupportedMediaType as error:
        raise ParseError("This request takes no body.") from error
    if body:
        RequestSerializer(data=body).is_valid(raise_exception=True)


def _strange(given: Iterable[str], known: set[str], sentence: str, *, code: str) -> dict[str, Any]:
    names = [name for name in given if name not in known][:NAMED_MOST]
    return {name: [ErrorDetail(sentence, code=code)] for name in names}
