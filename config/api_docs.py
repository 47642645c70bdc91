"""The API's documentation: the schema for programs, and for people Swagger UI, under the pages' policy."""

from __future__ import annotations

from functools import cache
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_replace
from django.http import HttpResponse
from django.utils.decorators import method_decorator
from django.utils.encoding import force_bytes
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request


class ApiSchema(SpectacularAPIView):
    """The schema in the form that Accept asks for. It is one for everybody, whatever the address adds."""

    # It is the same for everybody: no credential is looked at.
    authentication_classes = ()
    http_method_names = ["get", "head"]

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer with it as this process has made it once."""
        renderer = request.accepted_renderer
        headers = {"Content-Disposition": f'inline; filename="biome-exchange.{renderer.format}"'}
        return HttpResponse(_rendered(renderer.format), content_type=renderer.media_type, headers=headers)


@cache
def _rendered(form: str) -> bytes:
    """Making it takes seconds, which nobody must be able to ask of us again and again."""
    schema = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    renderer = next(renderer for renderer in ApiSchema.renderer_classes if renderer.format == form)
    return force_bytes(renderer().render(schema, renderer_context={}))


# Its style sheet has its icons in itself.
@method_decorator(csp_replace({"img-src": [SELF, "data:"]}), name="dispatch")
class ApiDocs(SpectacularSwaggerSplitView):  # type: ignore[no-untyped-call,unused-ignore]
    """A page, and by `?script` the script that opens the schema in it: none stands in the page."""

    authentication_classes = ()
    url_name = "schema"
    # To OPTIONS the library would answer with this page, and fail.
    http_method_names = ["get", "head"]
