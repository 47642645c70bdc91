"""How pages show numbers: BDT and prices with two places, the exact value beside it."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from django import template

register = template.Library()


@register.filter
def bdt(text: str) -> str:
    """A decimal string of BDT with two places and thousands apart: "100000000.00" is "100,000,000.00"."""
    return f"{Decimal(text).quantize(Decimal('0.01'), ROUND_HALF_EVEN):,}"
