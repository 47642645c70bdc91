"""Transactions as CSV: RFC 4180 in UTF-8 with a byte order mark, exact decimals, RFC 3339 times in UTC.

Columns are added at the end only.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from io import StringIO

from django.conf import settings

from core.api.timestamps import time_text
from core.csv_cells import any_cell, text_cell
from trading.statements.entries import Movement
from trading.statements.history import Movements

COLUMNS = (
    "id", "at", "kind", "biome", "counterparty", "shares", "average_price", "traded", "fee", "balance_change",
    "realised_gain", "reason", "operation", "source", "payer", "payee", "amount", "land", "listing", "corrects",
    "balance_after",
)  # fmt: skip

# Without it, spreadsheets take the file for one of their own country's encoding.
BYTE_ORDER_MARK = "\ufeff"


def csv_chunks(movements: Movements) -> Iterator[str]:
    """Yield the newest EXPORT_ROWS_MAX transactions, newest first, as lines below a header, EXPORT_CHUNK_ROWS at a
    time.
    """
    yield BYTE_ORDER_MARK + _lines([COLUMNS])
    for chunk in movements.in_chunks(rows=settings.EXPORT_CHUNK_ROWS, most=settings.EXPORT_ROWS_MAX):
        yield _lines(map(_row, chunk))


def csv_name(*, since: date | None, until: date) -> str:
    """Return a file name that contains the days exported."""
    return f"transactions{f'-from-{since}' if since else ''}-until-{until}.csv"


def _row(movement: Movement) -> tuple[str, ...]:
    return (
        str(movement.pk),
        time_text(movement.at),
        movement.kind,
        movement.biome or "",
        text_cell(movement.counterparty if movement.is_of_player else ""),
        movement.shares or "",
        movement.average_price or "",
        movement.traded if movement.shares else "",
        movement.fee,
        movement.change if movement.is_of_player else "",
        movement.realised_gain or "",
        text_cell(movement.reason),
        str(movement.operation),
        movement.source,
        text_cell(movement.payer_name or ""),
        text_cell(movement.payee_name or ""),
        movement.amount,
        str(movement.land_id or ""),
        str(movement.listing_id or ""),
        str(movement.corrects_id or ""),
        movement.balance or "",
    )


def _lines(rows: Iterator[tuple[str, ...]] | list[tuple[str, ...]]) -> str:
    text = StringIO()
    csv.writer(text).writerows(map(any_cell, row) for row in rows)
    return text.getvalue()
