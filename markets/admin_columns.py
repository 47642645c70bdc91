"""Columns of amounts and prices for administrators: exact, six places, digits grouped, the unit in the label."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString

from core.admin import Column, number
from markets.money import DECIMAL_PLACES, MICRO


def grouped_text(micro: int) -> str:
    """Format micro-units with six places and grouped digits: 1234500000 is "1,234.500000"."""
    return f"{Decimal(micro).scaleb(-DECIMAL_PLACES):,.{DECIMAL_PLACES}f}"


def amount_column(label: str, field: str) -> Column:
    """Make a column of micro-units; the label names the unit."""

    @admin.display(description=label, ordering=field)
    def column(model_admin: Any, row: Any) -> SafeString:
        micro = getattr(row, field)
        return number(model_admin.get_empty_value_display() if micro is None else grouped_text(micro))

    return column


def price_column(label: str, cash_field: str) -> Column:
    """Make a column of prices: a market's cash over its total shares."""

    @admin.display(description=f"{label} (BDT/share)")
    def column(model_admin: Any, row: Any) -> SafeString:
        price = Fraction(getattr(row, cash_field), row.total_shares_micro)
        return number(grouped_text(round(price * MICRO)))

    return column
