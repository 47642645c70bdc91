"""Lists of the API that can be exported as a file: `?format=csv`, or `Accept: text/csv`."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any, cast

from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.known_fields import ApiView
from trading.statements.csv_export import csv_chunks, csv_name
from trading.statements.history import Movements

FORMATS = ("json", "csv")
#: For the documentation: the file beside the page of JSON.
AS_CSV: dict[Any, Any] = {
    (HTTPStatus.OK.value, "text/csv"): OpenApiResponse(OpenApiTypes.STR, "The file, with a line of names at its top.")
}


class CsvRenderer(BaseRenderer):
    """The renderer of the file, which is streamed. Refusals become the JSON that they are everywhere."""

    media_type = "text/csv"
    format = "csv"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        """Render a refusal."""
        return bytes(JSONRenderer().render(data))


class CsvToo(ApiView):
    """A mixin for lists that are exported too."""

    renderer_classes = (JSONRenderer, CsvRenderer)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        """Choose by `format`, else by Accept. Unknown formats are JSON, and refused as a parameter."""
        asked = request.query_params.get("format")
        is_csv = asked == "csv" if asked is not None else "text/csv" in request.headers.get("Accept", "")
        renderer: BaseRenderer = CsvRenderer() if is_csv else JSONRenderer()
        return renderer, renderer.media_type or ""

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Finish the response as DRF does, and label refusals as JSON."""
        response = super().finalize_response(request, response, *args, **kwargs)
        if isinstance(response, Response):
            response.content_type = "application/json"
        return response


def is_csv(request: Request) -> bool:
    """Return whether the file is requested."""
    return request.accepted_renderer.format == "csv"


def csv_reply(request: Request, movements: Movements, *, since: datetime | None, until: datetime | None) -> Response:
    """Answer with the file, in the columns of the page's."""
    name = csv_name(since=since and since.date(), until=(until or timezone.now()).date())
    streamed = StreamingHttpResponse(
        csv_chunks(movements) if request.method == "GET" else (),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
    # To DRF any answer of Django's is one; its own would be held in memory.
    return cast(Response, streamed)
