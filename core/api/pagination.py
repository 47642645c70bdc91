"""Pages of lists in the API and on the site: by cursor, newest first, stable while rows are added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import HttpRequest
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.serializers import CharField, IntegerField, Serializer

from core.api.fields import NumberInAddressField


class PageQuery(Serializer[Any]):
    """The query parameters of a page of a list, for documentation: `NewestFirst` reads them."""

    cursor = CharField(
        required=False, allow_blank=True, help_text="Where the page begins: from `next` or `previous` of another."
    )
    limit = IntegerField(
        required=False, min_value=1, max_value=settings.PAGE_SIZE_MAX, help_text="The most there is on it."
    )


class NewestFirst(CursorPagination):
    """Pages with `next`, `previous`, `results`; `?limit=` up to PAGE_SIZE_MAX. Other values raise ValidationError."""

    ordering: str | tuple[str, ...] = "-pk"
    page_size: int = settings.PAGE_SIZE_DEFAULT
    max_page_size = settings.PAGE_SIZE_MAX
    page_size_query_param = "limit"

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return the library's parameters, with the bounds of `limit`."""
        cursor, limit = super().get_schema_operation_parameters(view)
        return [cursor, limit | {"schema": {"type": "integer", "minimum": 1, "maximum": self.max_page_size}}]

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        """Return a page of rows.

        A cursor that is not ours is the client's mistake, whatever error the database raises.
        """
        try:
            return super().paginate_queryset(queryset, request, view)
        except (NotFound, ValueError, DjangoValidationError) as error:
            raise ValidationError({"cursor": "This is not a cursor of this list."}) from error

    def get_page_size(self, request: Request) -> int | None:
        """Return the page size that the client asks for; raises ValidationError where the library would use another
        one.
        """
        limit = request.query_params.get(self.page_size_query_param)
        if limit is None:
            return self.page_size
        field = NumberInAddressField(min_value=1, max_value=self.max_page_size)
        try:
            checked: int = field.run_validation(limit)
        except ValidationError as error:
            raise ValidationError({self.page_size_query_param: error.detail}) from error
        return checked


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list, and the addresses of its neighbours on this site: None at an end."""

    rows: list[Any]
    previous: str | None
    next: str | None


def page_of(rows: Any, request: HttpRequest, *, pages: type[NewestFirst] = NewestFirst) -> Page:
    """Return the page of `rows` that a request for a page of the site asks for, by the rules and words of the API.

    Raises ValidationError for a cursor or a limit that is none.
    """
    paginator = pages()
    found = paginator.paginate_queryset(rows, Request(request)) or []
    # A path alone: whatever host and scheme the browser knows the site by stays.
    paginator.base_url = request.get_full_path()
    return Page(found, paginator.get_previous_link(), paginator.get_next_link())
