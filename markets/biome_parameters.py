"""Lookup of the biome in a page's address."""

from __future__ import annotations

from django.http import Http404

from attention.biomes import Biome


def biome_or_404(name: str) -> Biome:
    """Return the biome of this name. Raises Http404 where there is none."""
    if name not in Biome:
        raise Http404("There is no such biome.")
    return Biome(name)
