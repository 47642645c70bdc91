"""How pages show numbers, with the unit, and the exact value on hover. `static/js/numbers.js` shows live ones the same.

All take what the wire modules and `markets.money` give: decimal strings; `exact` makes one of micro-units.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from markets.money import micro_text

register = template.Library()

EN_DASH, MINUS = "\u2013", "\u2212"
_TWO_PLACES = Decimal("0.01")
_FOUR_PLACES = Decimal("0.0001")
_ARROWS = {"up": "▲", "down": "▼", "level": EN_DASH}


@register.filter
def exact(micro: int) -> str:
    """Micro-units as a decimal string: 1500000 is "1.50"."""
    return micro_text(micro)


@register.filter
def bdt(text: str) -> str:
    """BDT with two places and thousands apart: "100000000.00" is "100,000,000.00"."""
    return f"{_rounded(text, _TWO_PLACES):,}"


@register.filter
def shares(text: str) -> str:
    """Shares with four places: "1234.5" is "1,234.5000"."""
    return f"{_rounded(text, _FOUR_PLACES):,}"


@register.filter
def direction(text: str) -> str:
    """Where a change goes: up, down, or level."""
    number = Decimal(text)
    return "up" if number > 0 else "down" if number < 0 else "level"


@register.simple_tag
def money(text: str, *, unit: str = "BDT") -> SafeString:
    """An amount of BDT, or a price in it (with the unit "BDT a share" on hover)."""
    return format_html('<data value="{0}" title="{0} {2}">{1}</data> <small>BDT</small>', text, bdt(text), unit)


@register.simple_tag
def amount(text: str, *, unit: str = "BDT") -> SafeString:
    """An amount or a price in a table, whose head has the unit."""
    return format_html('<data value="{0}" title="{0} {2}">{1}</data>', text, bdt(text), unit)


@register.simple_tag
def balance_change(text: str) -> SafeString:
    """What moved into or out of a wallet, without the unit: always signed, and no gain or loss: "+99.00"."""
    is_incoming = Decimal(text) > 0
    return format_html(
        '<data{} value="{}" title="{} BDT">{}{}</data>',
        SafeString(' data-direction="up"') if is_incoming else "",
        text, text, "+" if is_incoming else MINUS, bdt(str(abs(Decimal(text)))),
    )  # fmt: skip


@register.simple_tag
def share_count(text: str) -> SafeString:
    """A number of shares, without the word."""
    return format_html('<data value="{0}" title="{0} shares">{1}</data>', text, shares(text))


@register.simple_tag
def gain(text: str) -> SafeString:
    """A gain or loss of BDT: an arrow, the sign, the amount; never told by colour alone."""
    return _change(text, bdt(str(abs(Decimal(text)))), "BDT")


@register.simple_tag
def gain_percent(text: str | None) -> SafeString:
    """A change in percent, a dash for None: "2.5" is "▲ +2.50 %"."""
    if text is None:
        return format_html('<data class="change" value="" title="not known">{}</data>', EN_DASH)
    return _change(text, f"{_rounded(str(abs(Decimal(text))), _TWO_PLACES)} %", "%")


def _change(text: str, shown: str, unit: str) -> SafeString:
    way = direction(text)
    sign = {"up": "+", "down": MINUS, "level": ""}[way]
    return format_html(
        '<data class="change" data-direction="{}" value="{}" title="{} {}">{} {}{}</data>',
        way, text, text, unit, _ARROWS[way], sign, shown,
    )  # fmt: skip


def _rounded(text: str, places: Decimal) -> Decimal:
    return Decimal(text).quantize(places, ROUND_HALF_EVEN)
