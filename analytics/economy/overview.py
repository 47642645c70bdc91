"""The overview of the economy for administrators. Reads only; no read grows with the transactions or the cycles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import starmap, zip_longest
from typing import NamedTuple

from django.db import connection
from django.db.models import Count, Max

from analytics.economy.hourly_totals import Money, hour_of, money_now
from attention.biomes import Biome
from markets.economic_settings import SettingChange, changes_between
from markets.history.price_changes import price_changes
from markets.models import Candle, Cycle, EconomicSettings, Market
from markets.money import ratio_text
from markets.selectors import last_cycle
from trading.invariants.results import NEWEST_RESULT, CheckResult, result_of

DAY = timedelta(days=1)
_RATE_SECS = 60
_QUARTER = timedelta(minutes=15)
_CHANGES_SHOWN = 5

# The newest check of the invariants comes along, so as not to be one more query.
# Whoever traded in the last day has a volume in its standings, which are brought up to date every minute.
_PLAYERS = f"""
    SELECT count(*), count(*) FILTER (WHERE date_joined >= %s), count(*) FILTER (WHERE is_simulated),
           (SELECT count(*) FROM trading_standing WHERE period = '24h' AND volume_micro > 0),
           {NEWEST_RESULT}
    FROM accounts_user
"""  # noqa: S608  # all of it is written here and in `trading.invariants.results`


@dataclass(frozen=True, slots=True)
class Players:
    """The numbers of all players, of those registered today (UTC), simulated, and trading in the last day."""

    all: int
    new_today: int
    simulated: int
    active: int


@dataclass(frozen=True, slots=True)
class Pulse:
    """The pace of the cycles: how many ran a second over the last minute, and the last one. None before the first."""

    cycles_a_sec: float
    number: int | None
    age_secs: float | None


@dataclass(frozen=True, slots=True)
class MarketLine:
    """A market in the overview. Its part of TMC and its change over a day are in percent, None if not known."""

    biome: Biome
    cash_micro: int
    price: str
    part_percent: str
    day_percent: str | None
    volume_micro: int


@dataclass(frozen=True, slots=True)
class CashAt:
    """Each market's cash at one time, in canonical order."""

    at: datetime
    cash_micro: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the settings with the changes that it made."""

    settings: EconomicSettings
    changes: list[SettingChange]


@dataclass(frozen=True, slots=True)
class Overview:
    """The economy as of `at`. `markets` are ordered by volume of the last day, `versions` newest first."""

    at: datetime
    money: Money
    players: Players
    invariants: CheckResult | None
    pulse: Pulse
    markets: list[MarketLine]
    cash_history: list[CashAt]
    versions: list[Version]

    @property
    def settings(self) -> EconomicSettings:
        """Return the settings in force."""
        return self.versions[0].settings


class _Candle(NamedTuple):
    """The fields of a candle that the overview reads."""

    market_id: str
    opened_at: datetime
    open_micro: int
    close_micro: int
    volume_micro: int


def take_overview(*, now: datetime) -> Overview | None:
    """Return the economy's current state; None before the markets are open.

    Its parts are read one after the other, the money in a single statement.
    """
    versions = _newest_versions()
    if not versions:
        return None
    markets = {market.pk: market for market in Market.objects.all()}
    candles = _candles_since(now - DAY)
    players, invariants = _players_and_result(today=hour_of(now).replace(hour=0))
    return Overview(
        at=now,
        money=money_now(now=now),
        players=players,
        invariants=invariants,
        pulse=_pulse(now=now),
        markets=_lines([markets[biome] for biome in Biome], candles, now=now),
        cash_history=_history([markets[biome] for biome in Biome], candles, now=now),
        versions=versions,
    )


def _newest_versions() -> list[Version]:
    newest = list(EconomicSettings.objects.select_related("changed_by").order_by("-pk")[: _CHANGES_SHOWN + 1])
    versions = [Version(each, changes_between(earlier, each)) for each, earlier in zip_longest(newest, newest[1:])]
    return versions[:_CHANGES_SHOWN]


def _players_and_result(*, today: datetime) -> tuple[Players, CheckResult | None]:
    with connection.cursor() as cursor:
        cursor.execute(_PLAYERS, [today])
        *counts, newest = cursor.fetchone()
    return Players(*counts), result_of(newest)


def _pulse(*, now: datetime) -> Pulse:
    recent = Cycle.objects.filter(at__gt=now - timedelta(seconds=_RATE_SECS))
    counted = recent.aggregate(cycles=Count("pk"), number=Max("number"), at=Max("at"))
    number, at = counted["number"], counted["at"]
    if number is None and (last := last_cycle()) is not None:
        number, at = last.number, last.at
    return Pulse(counted["cycles"] / _RATE_SECS, number, (now - at).total_seconds() if at else None)


def _candles_since(since: datetime) -> list[_Candle]:
    # All markets are named, for the index begins with the market.
    candles = Candle.objects.filter(
        market__in=Biome.values, interval=Candle.Interval.QUARTER, opened_at__gt=since - _QUARTER
    )
    return list(starmap(_Candle, candles.order_by("opened_at").values_list(*_Candle._fields)))


def _lines(markets: Sequence[Market], candles: Sequence[_Candle], *, now: datetime) -> list[MarketLine]:
    total = sum(market.cash_micro for market in markets)
    changes = price_changes(now)
    volumes = dict.fromkeys(Biome.values, 0)
    for candle in candles:
        volumes[candle.market_id] += candle.volume_micro
    lines = [
        MarketLine(
            biome=Biome(market.pk),
            cash_micro=market.cash_micro,
            price=ratio_text(market.cash_micro, market.total_shares_micro),
            part_percent=f"{100 * market.cash_micro / total:.1f}",
            day_percent=changes[Biome(market.pk)].day,
            volume_micro=volumes[market.pk],
        )
        for market in markets
    ]
    return sorted(lines, key=lambda line: -line.volume_micro)


def _history(markets: Sequence[Market], candles: Sequence[_Candle], *, now: datetime) -> list[CashAt]:
    """Return the markets' cash at the opening of the first candle, at the end of each finished one, and now."""
    closes: dict[datetime, dict[str, int]] = {}
    for candle in candles:
        closes.setdefault(candle.opened_at + _QUARTER, {})[candle.market_id] = candle.close_micro
    opens = {candle.market_id: candle.open_micro for candle in reversed(candles)}
    known = {candles[0].opened_at: opens} | closes if candles else {}
    past = [
        CashAt(at, tuple(cash[biome] for biome in Biome))
        for at, cash in known.items()
        if at < now and len(cash) == len(Biome)
    ]
    return [*past, CashAt(now, tuple(market.cash_micro for market in markets))]
