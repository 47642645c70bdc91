"""Reads that clients poll: a client with the newest state gets a 304 without a body, any other a compressed one."""

from __future__ import annotations

from hashlib import md5
from http import HTTPStatus
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.middleware.http import ConditionalGetMiddleware
from django.utils.cache import patch_vary_headers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.known_fields import ApiView


class PolledView(ApiView):
    """A read with an ETag of its content. `no-cache`: a client may keep a reply, and revalidates it each time.

    Compression reveals nothing here (BREACH): no body has a secret next to something that an attacker chooses.
    """

    cache_control: ClassVar[str] = "no-cache"
    vary_on: ClassVar[tuple[str, ...]] = ()

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Finish the response as DRF does, with the headers for caches on success."""
        response = super().finalize_response(request, response, *args, **kwargs)
        is_read = response.status_code == HTTPStatus.OK and request.method in ("GET", "HEAD")
        if is_read and isinstance(response, Response):
            response["Cache-Control"] = self.cache_control
            # In every reply: a 304, or one that is too short to compress, stands for those that are.
            patch_vary_headers(response, ("Accept-Encoding", *self.vary_on))
            response.add_post_render_callback(lambda rendered: self._polled(request._request, rendered))
        return response

    def meaning_of(self, body: bytes) -> bytes | None:
        """Return the part of a body that its ETag stands for; None where it is all of it."""
        return None

    def _polled(self, request: HttpRequest, response: HttpResponse) -> HttpResponseBase:
        if (meaning := self.meaning_of(response.content)) is not None:
            # Weak: two bodies that mean the same need not be the same.
            response["ETag"] = f'W/"{md5(meaning, usedforsecurity=False).hexdigest()}"'
        return spared(request, response)


class OwnPolledView(PolledView):
    """A polled read of a player's own data."""

    cache_control = "private, no-cache"
    vary_on: ClassVar[tuple[str, ...]] = ("Authorization", "Cookie")


class UnchangingView(PolledView):
    """A read of data that never change."""

    cache_control = "public, max-age=31536000, immutable"


def _nothing(request: HttpRequest) -> HttpResponse:
    raise AssertionError("these middlewares are asked for what they do to a response alone")


_CONDITIONAL = ConditionalGetMiddleware(_nothing)
_COMPRESSION = GZipMiddleware(_nothing)


def spared(request: HttpRequest, response: HttpResponse) -> HttpResponseBase:
    """Return the response, or a 304 in its place; compressed where that is accepted and worth it."""
    method = request.method
    # To HEAD the middleware would give no ETag, and another length.
    request.method = "GET"
    try:
        return _COMPRESSION.process_response(request, _CONDITIONAL.process_response(request, response))
    finally:
        request.method = method
