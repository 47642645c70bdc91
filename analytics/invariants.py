"""The invariant that the hourly totals keep, for `manage.py check_ledger`."""

from __future__ import annotations

from analytics.economy.hourly_totals import hourly_flows

# An hour that a clock ahead of time has closed is none yet: `close_hours` opens it again.
HOURS_SQL = f"""
    SELECT format('the hour of %s has %s trades over %s micro-BDT, fees %s, issue %s, treasury %s; transactions say '
                  '%s over %s, %s, %s, %s', to_char(opened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'),
                  hour.trades, hour.volume_micro, hour.fees_micro, hour.issued_micro, hour.treasury_micro,
                  derived.trades, derived.volume_micro, derived.fees_micro, derived.issued_micro,
                  derived.treasury_micro)
    FROM trading_hourlyflow AS hour FULL JOIN (
        {hourly_flows("'-infinity'", "(SELECT max(opened_at) + interval '1 hour' FROM trading_hourlyflow)")}
    ) AS derived USING (opened_at)
    WHERE opened_at < date_bin('1 hour', now() - interval '10 minutes', timestamptz '2000-01-01 00:00:00+00') AND
        (hour.trades, hour.volume_micro, hour.fees_micro, hour.issued_micro, hour.treasury_micro)
        IS DISTINCT FROM (derived.trades, derived.volume_micro, derived.fees_micro, derived.issued_micro,
                          derived.treasury_micro)
"""  # noqa: S608  # all of it is written here and in `analytics.economy.hourly_totals`


#: As `trading.invariants.rules.further_invariants` takes it: name, what it says, and the query of its breaches.
HOURS_INVARIANT = ("hours", "every closed hour adds up to its transactions", HOURS_SQL)
