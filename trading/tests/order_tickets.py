"""What the tests of the order ticket share: its addresses, and readers of its answers."""

from __future__ import annotations

import re
from typing import Protocol
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse

from trading.invariants.rules import check_invariants
from trading.models import Transaction

PAGE = "/biome-market/ocean/"
TRADE = "/biome-market/ocean/trade/"
HTMX = {"HX-Request": "true"}


class Send(Protocol):
    """Send the ticket's form, as a page with scripts does unless `htmx` is false. Any field may have another value."""

    def __call__(self, *, htmx: bool = True, **fields: object) -> HttpResponse: ...


def html(response: HttpResponse) -> str:
    """Return the text of an answer."""
    return response.content.decode()


def codes(response: HttpResponse) -> list[str]:
    """Return the codes of all errors in a ticket, in order."""
    return re.findall(r'data-code="(\w+)"', html(response))


def trades() -> QuerySet[Transaction]:
    """Return all trades, the oldest first."""
    return Transaction.objects.filter(kind__in=("biome_buy", "biome_sell")).order_by("pk")


def operation_in(response: HttpResponse) -> UUID:
    """Return the operation id of the ticket in an answer."""
    found = re.search(r'name="operation" value="([^"]+)"', html(response))
    assert found is not None
    return UUID(found[1])


def broken_invariants() -> list[str]:
    """Return the names of the invariants that do not hold."""
    return [invariant.name for invariant in check_invariants(recomputed_cycles=1) if not invariant.holds]
