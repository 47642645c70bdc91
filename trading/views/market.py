"""The page of one biome's market: its price, its causes, and its trades. The stream updates it."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from attention.biomes import Biome
from markets import payloads
from markets.biome_parameters import biome_or_404
from markets.history.chart_ranges import BAR_CHOICES, ChartRange, chart_ranges, line_path, newest_candles, whole_of
from markets.history.price_attribution import Move, last_hour
from markets.history.price_changes import price_changes
from markets.models import Tick
from markets.money import ratio_text
from markets.snapshot import take_snapshot
from trading.recent_trades import TRADES, recent_trades
from trading.views.order_ticket import OrderTicket, ticket_of

DEFAULT_RANGE = "1h"
#: Written by `static/js/chart_choices.js`.
RANGE_COOKIE = "chart_range"
_FIRST_CYCLE = 1


@require_safe
def market(request: HttpRequest, biome: str) -> HttpResponse:
    """Show the market in its current state, with its chart over `?range=`. 404 for an unknown biome or range."""
    chosen = biome_or_404(biome)
    return render_market(request, chosen, ticket=ticket_of(request, chosen))


def render_market(request: HttpRequest, biome: Biome, *, ticket: OrderTicket) -> HttpResponse:
    """Render the market's page with the given order ticket. Raises Http404 for an unknown range."""
    snapshot = take_snapshot(biome)
    [told] = snapshot["markets"]
    cycle, has_first_ticks = _in_cycle(snapshot["cycle"], biome)
    ranges = chart_ranges(cycles=snapshot["cycle"] or 0, has_first_ticks=has_first_ticks)
    context = {
        "biomes": Biome,
        "biome": biome,
        "snapshot": snapshot,
        "told": told,
        "cycle": cycle,
        "changes": price_changes(timezone.now())[biome],
        "ticket": ticket,
        "ranges": ranges,
        "bar_choices": BAR_CHOICES,
        "average_cost": _average_cost(ticket),
        **_chart(biome, _chosen_range(ranges, request)),
        **_why(biome),
        **_trades(biome),
    }
    return render(request, "trading/market.html", context)


@require_safe
def market_why(request: HttpRequest, biome: str) -> HttpResponse:
    """Show the causes of the price's move in the last hour: a fragment. 404 for an unknown biome."""
    return render(request, "trading/market_why.html", _why(biome_or_404(biome)))


@require_safe
def market_trades(request: HttpRequest, biome: str) -> HttpResponse:
    """Show the newest trades: a fragment. 404 for an unknown biome."""
    return render(request, "trading/market_trades.html", _trades(biome_or_404(biome)))


def _chosen_range(ranges: list[ChartRange], request: HttpRequest) -> ChartRange:
    """Return the range that the address names, else the one that this browser showed last."""
    if "range" in request.GET:
        return _range_or_404(ranges, request.GET["range"])
    kept = request.COOKIES.get(RANGE_COOKIE)
    return _range_or_404(ranges, kept if kept in {one.key for one in ranges} else DEFAULT_RANGE)


def _average_cost(ticket: OrderTicket) -> str:
    """Return the average cost of a share that the player holds here, in BDT; empty where none are held."""
    holding = ticket.power.holding
    return ratio_text(holding.cost_micro, holding.shares_micro) if holding and holding.shares_micro else ""


def _range_or_404(ranges: list[ChartRange], key: str) -> ChartRange:
    for one in ranges:
        if one.key == key:
            return one
    raise Http404("There is no such range of the chart.")


def _in_cycle(number: int | None, biome: Biome) -> tuple[dict[str, Any] | None, bool]:
    """Return a cycle's effect on the market, None where there was no such cycle; and whether the first one's ticks
    are kept.
    """
    ticks = list(Tick.objects.filter(cycle__in=(_FIRST_CYCLE, number)))
    changes = payloads.redistributions_json([tick for tick in ticks if tick.cycle_id == number])
    has_first_ticks = any(tick.cycle_id == _FIRST_CYCLE for tick in ticks)
    return next((change for change in changes if change["biome"] == biome), None), has_first_ticks


def _chart(biome: Biome, chart_range: ChartRange) -> dict[str, Any]:
    candles = newest_candles(biome, chart_range)
    whole = whole_of(candles)
    return {
        "range": chart_range,
        "line": line_path(candles),
        "whole": payloads.candle_json(whole) if whole else None,
    }


def _why(biome: Biome) -> dict[str, Any]:
    hour = last_hour(biome=biome, now=timezone.now())
    if hour is None:
        return {"move": None}
    return {
        "move": payloads.move_json(hour.move),
        "verdict": verdict_of(hour.move),
        "bars": _bars(hour.move),
        "hour": hour,
        "minutes": payloads.minutes_text(hour.minutes),
    }


def verdict_of(move: Move) -> str:
    """Describe in a sentence the main cause of the price's move."""
    if move.attention_micro == move.trades_micro == 0:
        return "Nothing moved it: no attention counted, and nobody traded."
    if abs(move.attention_micro) >= abs(move.trades_micro):
        looked = "here more" if move.attention_micro > 0 else "elsewhere more"
        return f"Mostly attention: players looked {looked} than the price stood for."
    more, less = ("bought", "sold") if move.trades_micro > 0 else ("sold", "bought")
    return f"Mostly trades: players {more} more than they {less}."


def _bars(move: Move) -> dict[str, dict[str, str]]:
    """Return each part as a bar from the middle of a box of 100, the longest to its edge."""
    parts = {"attention": move.attention_micro, "trades": move.trades_micro, "together": move.change_micro}
    longest = max(map(abs, parts.values())) or 1
    lengths = {name: 50 * micro / longest for name, micro in parts.items()}
    return {
        name: {"left": f"{50 + min(0, length):.2f}", "width": f"{abs(length):.2f}"} for name, length in lengths.items()
    }


def _trades(biome: Biome) -> dict[str, Any]:
    return {"trades": recent_trades(biome), "most_trades": TRADES}
