"""Totals of transactions by hour: closed hours are stored, the hours under way are added up on request.

The only writer of `HourlyFlow`. If an hour is ever wrong (`check_ledger` reports it), delete all rows: they are made
again from the transactions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import Max

from core.database.transactions import short_transaction
from trading.ledger.transaction_sums import ISSUED_MICRO, TRADED_MICRO, TREASURY_MICRO
from trading.models import HourlyFlow

HOUR = timedelta(hours=1)

#: An hour is closed when so much time has passed since its end. A transaction bears the time at which it was asked for:
#: it may wait for locks after that, `LOCK_TIMEOUT_MS` for each and `DEADLOCK_RETRIES` times over, but never so long.
_LATEST_AFTER = timedelta(minutes=10)

_BEFORE_ANY = datetime(1, 1, 1, tzinfo=UTC)


def hourly_flows(since: str, until: str) -> str:
    """Return the SQL query for the totals of each hour from the full hour `since` on and before `until`, both SQL
    too.
    """
    return f"""
        SELECT date_bin('1 hour', at, timestamptz '2000-01-01 00:00:00+00') AS opened_at,
               count(*) FILTER (WHERE kind IN ('biome_buy', 'biome_sell')) AS trades,
               sum({TRADED_MICRO})::bigint AS volume_micro,
               sum(fee_micro)::bigint AS fees_micro,
               sum({ISSUED_MICRO})::bigint AS issued_micro,
               sum({TREASURY_MICRO})::bigint AS treasury_micro
        FROM transactions WHERE at >= {since} AND at < {until}
        GROUP BY 1
    """  # noqa: S608  # nothing in it comes from outside


_CLOSE_HOURS = f"""
    INSERT INTO trading_hourlyflow (opened_at, trades, volume_micro, fees_micro, issued_micro, treasury_micro)
    {hourly_flows("%(since)s", "%(until)s")}
    ON CONFLICT (opened_at) DO NOTHING
"""

# One statement, so that all of it is of one moment: where the money is, and what the transactions add up to; the hours
# of the last day by themselves, all others in a row without a time.
_MONEY_NOW = f"""
    WITH flows AS (
        SELECT opened_at, trades, volume_micro, fees_micro, issued_micro, treasury_micro
        FROM trading_hourlyflow WHERE opened_at < %(since)s
        UNION ALL
        {hourly_flows("%(since)s", "'infinity'")}
    ), hours AS (
        SELECT CASE WHEN opened_at BETWEEN %(day)s AND %(hour)s THEN opened_at END AS opened_at,
               sum(trades)::bigint AS trades, sum(volume_micro)::bigint AS volume_micro,
               sum(fees_micro)::bigint AS fees_micro, sum(issued_micro)::bigint AS issued_micro,
               sum(treasury_micro)::bigint AS treasury_micro
        FROM flows GROUP BY 1
    ), wallets AS (
        SELECT coalesce(sum(balance_micro), 0)::bigint AS balance_micro,
               coalesce(sum(held_micro), 0)::bigint AS held_micro
        FROM trading_wallet
    ), markets AS (
        SELECT coalesce(sum(cash_micro), 0)::bigint AS cash_micro,
               coalesce(sum(opening_cash_micro), 0)::bigint AS opening_micro
        FROM markets_market
    )
    SELECT wallets.balance_micro, wallets.held_micro, markets.cash_micro, markets.opening_micro,
           hours.opened_at, trades, volume_micro, fees_micro, issued_micro, treasury_micro
    FROM wallets CROSS JOIN markets LEFT JOIN hours ON true
"""  # noqa: S608  # nothing in it comes from outside


@dataclass(frozen=True, slots=True)
class Flow:
    """The totals of the transactions of some time, in micro-BDT."""

    trades: int = 0
    volume_micro: int = 0
    fees_micro: int = 0
    issued_micro: int = 0
    treasury_micro: int = 0


@dataclass(frozen=True, slots=True)
class Money:
    """The distribution of all money of the exchange, in micro-BDT, and the totals that moved it.

    `hours` are those of the last day by their beginning, oldest first: the one under way, and the 23 before it.
    """

    wallets_micro: int
    held_micro: int
    markets_micro: int
    opening_micro: int
    hours: dict[datetime, Flow]
    others: Flow

    @property
    def issued_micro(self) -> int:
        """Return the supply: the cash that the markets were opened with, and all top-ups less all withdrawals."""
        return self.opening_micro + self._whole("issued_micro")

    @property
    def platform_micro(self) -> int:
        """Return the platform's money: all fees, and the treasury."""
        return self.fees_micro + self._whole("treasury_micro")

    @property
    def fees_micro(self) -> int:
        """Return all fees ever."""
        return self._whole("fees_micro")

    @property
    def volume_micro(self) -> int:
        """Return all that was ever traded, without fees."""
        return self._whole("volume_micro")

    @property
    def trades(self) -> int:
        """Return the number of all trades ever."""
        return self._whole("trades")

    @property
    def difference_micro(self) -> int:
        """Return by how much the parts exceed the issue. The invariant of conservation demands 0."""
        parts = self.wallets_micro + self.held_micro + self.markets_micro + self.platform_micro
        return parts - self.issued_micro

    def of_the_day(self, field: str) -> int:
        """Return the total of a field over the last day's hours."""
        return sum(getattr(hour, field) for hour in self.hours.values())

    def _whole(self, field: str) -> int:
        return self.of_the_day(field) + int(getattr(self.others, field))


def close_hours(*, now: datetime) -> None:
    """Store the totals of every hour that no transaction can come into any more. May run late, or twice.

    An hour that a clock ahead of time has closed is opened again: transactions may still come into it.
    """
    until = hour_of(now - _LATEST_AFTER)
    with short_transaction(), connection.cursor() as cursor:
        HourlyFlow.objects.filter(opened_at__gte=until).delete()
        since = _first_open_hour()
        if since < until:
            cursor.execute(_CLOSE_HOURS, {"since": since, "until": until})


def money_now(*, now: datetime) -> Money:
    """Return the distribution of money and the hourly totals, the hour under way included, from one snapshot.

    Reads the closed hours and the transactions since, never all transactions.
    """
    # Asked for first, not joined: with the time at hand the planner sees how few transactions there are.
    # Never on an hour that is not over: a clock ahead of time may have closed it too soon.
    since, hour = min(_first_open_hour(), hour_of(now - _LATEST_AFTER)), hour_of(now)
    with connection.cursor() as cursor:
        cursor.execute(_MONEY_NOW, {"since": since, "day": hour - 23 * HOUR, "hour": hour})
        rows = cursor.fetchall()
    # Where there was never a transaction, the one row has no flow.
    flows = {opened_at: Flow(*sums) for _, _, _, _, opened_at, *sums in rows if sums[0] is not None}
    day = [hour - back * HOUR for back in range(23, -1, -1)]
    wallets, held, cash, opening, *_ = rows[0]
    return Money(
        wallets_micro=wallets,
        held_micro=held,
        markets_micro=cash,
        opening_micro=opening,
        hours={at: flows.get(at, Flow()) for at in day},
        others=flows.get(None, Flow()),
    )


def hour_of(at: datetime) -> datetime:
    """Return the beginning of the hour that contains `at`."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _first_open_hour() -> datetime:
    newest: datetime | None = HourlyFlow.objects.aggregate(newest=Max("opened_at"))["newest"]
    return newest + HOUR if newest else _BEFORE_ANY
