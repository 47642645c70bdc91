"""What a request to the API asks for behind the question mark."""

from __future__ import annotations

from typing import Any, TypeVar

from rest_framework.request import Request
from rest_framework.serializers import Serializer

Query = TypeVar("Query", bound=Serializer[Any])


def checked_query(query_type: type[Query], request: Request) -> Query:
    """The parameters, checked. One that is there but empty is no parameter left out. Raises ValidationError."""
    query = query_type(data=request.query_params.dict())
    query.is_valid(raise_exception=True)
    return query
