"""The API's documentation: schemas of API and streams for programs; Swagger UI and ReDoc for people, by the pages'
policy.
"""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import Any

import yaml
from csp.constants import SELF
from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.encoding import force_bytes
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request

from core.api.conditional_get import spared
from streams.asyncapi import stream_document

#: Of the two elements of style that ReDoc's script makes, an empty one that it fills by script and one that is always
#: the same: a policy that allows these allows no other styles in a page.
REDOC_STYLES = (
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
    "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='",
)


# Until the first schema is made, drf-spectacular's extensions are names of classes that two threads at once would both
# import and replace, and one of them fails. So there is one at a time, and it is made once.
_making = Lock()


class ApiSchema(SpectacularAPIView):
    """The view of the schema in the form that Accept asks for. It is the same whatever the query."""

    # It is the same for everybody: no credential is looked at.
    authentication_classes = ()
    http_method_names = ["get", "head"]

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Return the schema, made once in this process, or 304 to a client that has it."""
        renderer = request.accepted_renderer
        headers = {
            "Content-Disposition": f'inline; filename="biome-exchange.{renderer.format}"',
            "Cache-Control": "no-cache",
        }
        reply = HttpResponse(_api_once(renderer.format), content_type=renderer.media_type, headers=headers)
        return spared(request._request, reply)


def _api_once(form: str) -> bytes:
    """Return the schema, rendered once: it takes seconds, which nobody must be able to demand repeatedly."""
    with _making:
        return _rendered(form)


@cache
def _rendered(form: str) -> bytes:
    schema = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    renderer = next(renderer for renderer in ApiSchema.renderer_classes if renderer.format == form)
    return force_bytes(renderer().render(schema, renderer_context={}))


@require_safe
def stream_schema(request: HttpRequest) -> HttpResponseBase:
    """Return the streams' description, in YAML."""
    headers = {"Content-Disposition": 'inline; filename="biome-exchange-streams.yaml"', "Cache-Control": "no-cache"}
    return spared(request, HttpResponse(_streams_once(), content_type="application/yaml", headers=headers))


def _streams_once() -> str:
    with _making:
        return _streams()


@cache
def _streams() -> str:
    return stream_yaml()


def stream_yaml() -> str:
    """Return the streams' description as it is committed."""
    return yaml.safe_dump(stream_document(), sort_keys=False, allow_unicode=True, width=120)


# Its style sheet has its icons in itself.
@method_decorator(csp_replace({"img-src": [SELF, "data:"]}), name="dispatch")
class ApiDocs(SpectacularSwaggerSplitView):  # type: ignore[no-untyped-call,unused-ignore]
    """A documentation page, and by `?script` the script that opens the schema in it, as no script stands in the
    page.
    """

    authentication_classes = ()
    url_name = "schema"
    # To OPTIONS the library would answer with this page, and fail.
    http_method_names = ["get", "head"]


@require_safe
@csp_replace({"style-src": [SELF, *REDOC_STYLES], "img-src": [SELF, "data:"]})
def api_reference(request: HttpRequest) -> HttpResponse:
    """Show the schema by ReDoc."""
    return render(request, "api_reference.html")
