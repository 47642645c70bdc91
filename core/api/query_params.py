"""Query parameters of the API."""

from __future__ import annotations

from typing import Any, TypeVar

from rest_framework.request import Request
from rest_framework.serializers import Serializer

Query = TypeVar("Query", bound=Serializer[Any])


def checked_query(query_type: type[Query], request: Request) -> Query:
    """Return the checked parameters. An empty one is not taken for an omitted one. Raises ValidationError."""
    # What the view does not name, nobody may ask.
    assert query_type in request.parser_context["view"].query_types
    query = query_type(data=request.query_params.dict())
    query.is_valid(raise_exception=True)
    return query
