"""Content negotiation of the API."""

from __future__ import annotations

from collections.abc import Iterable

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class OneRenderer(DefaultContentNegotiation):
    """Selects the only renderer of a view without reading Accept, which would cost more and could only refuse."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the renderer, and its media type."""
        candidates = list(renderers)
        if len(candidates) == 1:
            return candidates[0], candidates[0].media_type or ""
        chosen: tuple[BaseRenderer, str] = super().select_renderer(request, candidates, format_suffix)
        return chosen
