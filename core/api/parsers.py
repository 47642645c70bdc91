"""Parsers of request bodies of the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from core.api.strict_json import read_json


class StrictJSONParser(JSONParser):
    """A parser of JSON in UTF-8, without duplicate names in an object and without numbers that are none."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the content of the body. Raises ParseError for any fault in it."""
        try:
            return read_json(stream.read().decode())
        except ValueError as error:
            raise ParseError("This is not JSON.") from error
