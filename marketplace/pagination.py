"""The pages in which parcels are listed, in the API and on the site."""

from __future__ import annotations

from core.api.pagination import NewestFirst


class ByNumber(NewestFirst):
    """Pages of parcels, row by row."""

    ordering = "pk"
