"""The API's documentation for people: Swagger UI, under the pages' policy."""

from __future__ import annotations

from csp.constants import SELF
from csp.decorators import csp_replace
from django.utils.decorators import method_decorator
from drf_spectacular.views import SpectacularSwaggerSplitView


# Its style sheet has its icons in itself.
@method_decorator(csp_replace({"img-src": [SELF, "data:"]}), name="dispatch")
class ApiDocs(SpectacularSwaggerSplitView):  # type: ignore[no-untyped-call,unused-ignore]
    """A page, and by `?script` the script that opens the schema in it: none stands in the page."""

    url_name = "schema"
    # To OPTIONS the library would answer with this page, and fail.
    http_method_names = ["get", "head"]
