"""Template filters that show numbers with their unit, and the exact value on hover. `static/js/numbers.js` formats live
ones alike.

All take the decimal strings of the wire modules and `markets.money`; `exact` makes one of micro-units.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from markets.money import micro_text, price_text

register = template.Library()

EN_DASH, MINUS = "\u2013", "\u2212"
_ONE_PLACE = Decimal("0.1")
_TWO_PLACES = Decimal("0.01")
_FOUR_PLACES = Decimal("0.0001")
_ARROWS = {"up": "▲", "down": "▼", "level": EN_DASH}
_SIGNS = {"up": "+", "down": MINUS, "level": ""}
_THREE_FIGURES = Context(prec=3, rounding=ROUND_HALF_EVEN)
_SIZES = ((10**9, "B"), (10**6, "M"), (10**3, "K"))


@register.filter
def exact(micro: int) -> str:
    """Format micro-units as a decimal string: 1500000 is "1.50"."""
    return micro_text(micro)


@register.filter
def price(exact_price: Fraction) -> str:
    """Format an exact price in BDT a share as a decimal string of six places at most."""
    return price_text(exact_price)


@register.filter
def bdt(text: str) -> str:
    """Format an amount of BDT with two places and grouped thousands: "100000000.00" is "100,000,000.00"."""
    return f"{_rounded(text, _TWO_PLACES):,}"


@register.filter
def shares(text: str) -> str:
    """Format shares with four places: "1234.5" is "1,234.5000"."""
    return f"{_rounded(text, _FOUR_PLACES):,}"


@register.filter
def direction(text: str) -> str:
    """Return the direction of a change: up, down, or level."""
    number = Decimal(text)
    return "up" if number > 0 else "down" if number < 0 else "level"


@register.simple_tag
def money(text: str, *, unit: str = "BDT") -> SafeString:
    """Show an amount of BDT, or a price in it (with the unit "BDT a share" on hover)."""
    return format_html('<data value="{0}" title="{0} {2}">{1}</data> <small>BDT</small>', text, bdt(text), unit)


@register.simple_tag
def amount(text: str, *, unit: str = "BDT") -> SafeString:
    """Show an amount or a price in a table, whose head has the unit."""
    return format_html('<data value="{0}" title="{0} {2}">{1}</data>', text, bdt(text), unit)


@register.simple_tag
def balance_change(text: str) -> SafeString:
    """Show a change of a wallet's balance without the unit, always signed and not coloured as gain or loss:
    "+99.00".
    """
    is_incoming = Decimal(text) > 0
    return format_html(
        '<data{} value="{}" title="{} BDT">{}{}</data>',
        SafeString(' data-direction="up"') if is_incoming else "",
        text, text, "+" if is_incoming else MINUS, bdt(str(abs(Decimal(text)))),
    )  # fmt: skip


@register.simple_tag
def share_count(text: str) -> SafeString:
    """Show a number of shares, without the word."""
    return format_html('<data value="{0}" title="{0} shares">{1}</data>', text, shares(text))


@register.filter
def percent(part: str) -> str:
    """Show a part of one as percent, without the sign: "0.125" is "12.5"."""
    return str(_rounded(str(Decimal(part) * 100), _ONE_PLACE))


@register.filter
def compact(text: str) -> str:
    """Show a gain or loss in three figures, where there is no room for more: "1234567" is "+1.23M"."""
    amount = abs(_THREE_FIGURES.create_decimal(text))
    size, letter = next(((size, letter) for size, letter in _SIZES if amount >= size), (1, ""))
    return f"{_SIGNS[direction(text)]}{(amount / size).normalize():f}{letter}"


@register.simple_tag
def gain(text: str, *, live: str = "") -> SafeString:
    """Show a gain or loss of BDT: an arrow, the sign, the amount; never told by colour alone.

    `live` is its data-live.
    """
    return _change(text, bdt(str(abs(Decimal(text)))), "BDT", {"live": live} if live else {})


@register.simple_tag
def gain_percent(text: str | None, *, live: str = "") -> SafeString:
    """Show a change in percent, a dash for None: "2.5" is "▲ +2.50 %". `live` is its data-live."""
    return _change_percent(text, {"live": live} if live else {})


@register.simple_tag
def price_change(percent: str | None, price_then: str | None, *, age: str) -> SafeString:
    """Show a price's change in percent since a price so long ago (5m, 1h, 24h), which changes.js keeps true."""
    return _change_percent(percent, {"live": "change", "age": age, "from": price_then or ""})


def _change_percent(text: str | None, data: Mapping[str, str]) -> SafeString:
    if text is None:
        return format_html('<data class="change" value="" title="not known"{}>{}</data>', _attributes(data), EN_DASH)
    return _change(text, f"{bdt(str(abs(Decimal(text))))} %", "%", data)


def _change(text: str, shown: str, unit: str, data: Mapping[str, str]) -> SafeString:
    way = direction(text)
    return format_html(
        '<data class="change" data-direction="{}" value="{}" title="{} {}"{}>{} {}{}</data>',
        way, text, text, unit, _attributes(data), _ARROWS[way], _SIGNS[way], shown,
    )  # fmt: skip


def _attributes(data: Mapping[str, str]) -> SafeString:
    return format_html_join("", ' data-{}="{}"', data.items())


def _rounded(text: str, places: Decimal) -> Decimal:
    return Decimal(text).quantize(places, ROUND_HALF_EVEN)
