"""Reading of requests for pages: the methods of a form's view, and the form that was sent."""

from __future__ import annotations

from django.http import HttpRequest, QueryDict
from django.views.decorators.http import require_http_methods

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def sent_form(request: HttpRequest) -> QueryDict | None:
    """Return the form's fields; None where none was sent."""
    return request.POST if request.method == "POST" else None
