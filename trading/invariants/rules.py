"""The invariants of money, each derived again from the transactions and the cycles. Reads only.

Source: the design's economics, "Conservation: the invariant that is checked".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction

from attention.biomes import Biome
from markets.models import Cycle
from markets.money import micro_text
from markets.redistribution.cycle import floor_cash
from markets.redistribution.matched_flow import redistribute_cash
from trading.ledger.transaction_sums import ISSUED_MICRO, TREASURY_MICRO
from trading.ledger.volume import MISCOUNTED


@dataclass(frozen=True, slots=True)
class Invariant:
    """An invariant with its finding, and its breaches: none where it holds."""

    name: str
    finding: str
    breaches: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Return whether the invariant has no breach."""
        return not self.breaches


# How many rows that break an invariant are named.
_NAMED = 5

# Who paid is poorer by the amount; who was paid richer by the amount less the fee.
_WALLETS = """
    SELECT format('player %s has %s micro-BDT, transactions say %s', player_id, coalesce(balance_micro + held_micro, 0),
                  coalesce(derived, 0))
    FROM trading_wallet FULL JOIN (
        SELECT player_id, sum(change)::bigint AS derived FROM (
            SELECT payer_id AS player_id, -amount_micro AS change FROM transactions WHERE payer_id IS NOT NULL
            UNION ALL
            SELECT payee_id, amount_micro - fee_micro FROM transactions WHERE payee_id IS NOT NULL
        ) AS changes GROUP BY player_id
    ) AS transfers USING (player_id)
    WHERE coalesce(balance_micro + held_micro, 0) <> coalesce(derived, 0)
"""

# The newest transaction of a player says what the wallet has: each said it by the one before.
_BALANCES = """
    SELECT format('transaction %s says that player %s has %s micro-BDT, the wallet says %s', newest.id, player_id,
                  newest.balance, balance_micro + held_micro)
    FROM trading_wallet CROSS JOIN LATERAL (
        SELECT id, balance FROM (
            (SELECT id, payer_balance_micro AS balance FROM transactions
             WHERE payer_id = player_id ORDER BY id DESC LIMIT 1)
            UNION ALL
            (SELECT id, payee_balance_micro FROM transactions
             WHERE payee_id = player_id ORDER BY id DESC LIMIT 1)
        ) AS sides ORDER BY id DESC LIMIT 1
    ) AS newest
    WHERE newest.balance IS DISTINCT FROM balance_micro + held_micro
"""

_HOLDS = """
    SELECT format('player %s has %s micro-BDT held, and %s reserved', player_id, coalesce(held_micro, 0),
                  coalesce(reserved, 0))
    FROM trading_wallet FULL JOIN (
        SELECT player_id, sum(micro)::bigint AS reserved FROM ({reservations}) AS reservation GROUP BY player_id
    ) AS reservations USING (player_id)
    WHERE coalesce(held_micro, 0) <> coalesce(reserved, 0)
"""

_HOLDINGS = """
    SELECT format('player %s in %s has %s micro-shares at %s with %s realised over %s and %s traded, '
                  'transactions say %s at %s with %s over %s and %s', player_id, market_id,
                  holding.shares_micro, holding.cost_micro, holding.realised_micro, holding.sold_basis_micro,
                  holding.volume_micro,
                  derived.shares_micro, derived.cost_micro, derived.realised_micro, derived.sold_basis_micro,
                  derived.volume_micro)
    FROM trading_holding AS holding FULL JOIN (
        SELECT initiator_id AS player_id, market_id,
            sum(CASE kind WHEN 'biome_buy' THEN shares_micro ELSE -shares_micro END)::bigint AS shares_micro,
            sum(CASE kind WHEN 'biome_buy' THEN amount_micro ELSE -basis_micro END)::bigint AS cost_micro,
            sum(CASE kind WHEN 'biome_buy' THEN 0 ELSE amount_micro - fee_micro - basis_micro END)::bigint
                AS realised_micro,
            coalesce(sum(basis_micro), 0)::bigint AS sold_basis_micro,
            sum(CASE kind WHEN 'biome_buy' THEN amount_micro - fee_micro ELSE amount_micro END)::bigint
                AS volume_micro
        FROM transactions WHERE kind IN ('biome_buy', 'biome_sell') GROUP BY initiator_id, market_id
    ) AS derived USING (player_id, market_id)
    WHERE (holding.shares_micro, holding.cost_micro, holding.realised_micro, holding.sold_basis_micro,
           holding.volume_micro)
        IS DISTINCT FROM (derived.shares_micro, derived.cost_micro, derived.realised_micro, derived.sold_basis_micro,
                          derived.volume_micro)
"""

_SHARES_HELD = """
    SELECT format('%s says that players hold %s micro-shares, holdings say %s', biome, shares_held_micro,
                  coalesce(held, 0))
    FROM markets_market LEFT JOIN (
        SELECT market_id, sum(shares_micro)::bigint AS held FROM trading_holding GROUP BY market_id
    ) AS holdings ON market_id = biome
    WHERE shares_held_micro <> coalesce(held, 0)
"""

# Cycles keep the sum, so the trades alone explain it.
_MARKET_CASH = """
    SELECT format('markets have %s micro-BDT, opening cash and trades say %s', cash, opening + traded)
    FROM (SELECT sum(cash_micro)::bigint AS cash, sum(opening_cash_micro)::bigint AS opening FROM markets_market) AS m,
         (SELECT coalesce(sum(cash_after_micro - cash_before_micro), 0)::bigint AS traded
          FROM transactions WHERE market_id IS NOT NULL) AS t
    WHERE cash <> opening + traded
"""

_CYCLES_CONSERVE = """
    SELECT format('cycle %s had %s micro-BDT before and %s after over %s markets, and says %s', number, before, after,
                  markets, total_cash_micro)
    FROM markets_cycle JOIN (
        SELECT cycle_id, count(*) AS markets, sum(cash_before_micro) AS before, sum(cash_after_micro) AS after
        FROM markets_tick GROUP BY cycle_id
    ) AS ticks ON cycle_id = number
    WHERE before <> after OR after <> total_cash_micro OR markets <> 7
"""

_CYCLES_WITHOUT_TICKS = """
    SELECT format('cycle %s has no ticks', number) FROM markets_cycle
    WHERE NOT EXISTS (SELECT FROM markets_tick WHERE cycle_id = number)
"""

_APPEND_ONLY = """
    SELECT format('trigger %s is missing or off', name)
    FROM unnest(ARRAY['transactions_append_only', 'transactions_not_truncated']) AS name
    WHERE NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = name AND tgrelid = 'transactions'::regclass
                      AND tgenabled <> 'D')
"""

_ISSUE = f"""
    SELECT
        (SELECT coalesce(sum(opening_cash_micro), 0) FROM markets_market) + coalesce(sum({ISSUED_MICRO}), 0),
        (SELECT coalesce(sum(balance_micro), 0) FROM trading_wallet),
        (SELECT coalesce(sum(held_micro), 0) FROM trading_wallet),
        (SELECT coalesce(sum(cash_micro), 0) FROM markets_market),
        coalesce(sum(fee_micro + {TREASURY_MICRO}), 0)
    FROM transactions
"""  # noqa: S608  # all of it is written here and in `analytics.economy.hourly_totals`

#: Queries of `player_id` and `micro`: who has reserved how much. Apps above this one add theirs when they are ready.
reservations: list[str] = ["SELECT NULL::bigint AS player_id, 0::bigint AS micro WHERE false"]
#: Invariants of apps above this one: name, what it says, and the query of its breaches.
further_invariants: list[tuple[str, str, str]] = []


def check_invariants(*, recomputed_cycles: int, within_secs: float = 0.0) -> list[Invariant]:
    """Check every invariant on one snapshot, whatever is written meanwhile. The newest cycles are computed again.

    It locks nothing that a writer waits for. Raises OperationalError when any invariant takes longer than
    `within_secs`; 0 sets no limit.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            # While an old snapshot is looked at, the rows that cycles leave behind cannot be cleared away.
            cursor.execute(f"SET LOCAL statement_timeout = {round(within_secs * 1000)}")
        return [
            _conservation(),
            _invariant("wallets", "every wallet follows from the transactions", _WALLETS, _BALANCES),
            _invariant("holds", "every BDT held is reserved for something", _holds_query()),
            _invariant("holdings", "every holding follows from the transactions", _HOLDINGS),
            _invariant("counted volume", "the volume that counts follows from the transactions", MISCOUNTED),
            _invariant("shares held", "markets and holdings agree on what players hold", _SHARES_HELD),
            _invariant("market cash", "the sum of market cash follows from opening and trades", _MARKET_CASH),
            _invariant("cycles conserve", "no cycle made or lost money", _CYCLES_CONSERVE, _CYCLES_WITHOUT_TICKS),
            _recomputed(recomputed_cycles),
            _invariant("append only", "transactions cannot be changed or deleted", _APPEND_ONLY),
            *(_invariant(*invariant) for invariant in further_invariants),
        ]


def _holds_query() -> str:
    return _HOLDS.format(reservations=" UNION ALL ".join(reservations))


def _conservation() -> Invariant:
    with connection.cursor() as cursor:
        cursor.execute(_ISSUE)
        issued, balances, held, cash, fees = (int(value) for value in cursor.fetchone())
    difference = balances + held + cash + fees - issued
    finding = (
        f"issued {micro_text(issued)} BDT = wallets {micro_text(balances)} + held {micro_text(held)} "
        f"+ markets {micro_text(cash)} + platform {micro_text(fees)}"
    )
    return Invariant(
        "conservation", finding, (f"the parts exceed the issue by {difference} micro-BDT",) if difference else ()
    )


def _invariant(name: str, finding: str, *queries: str) -> Invariant:
    return Invariant(name, finding, tuple(breach for query in queries for breach in _rows(query)))


def _rows(query: str) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"{query} LIMIT {_NAMED}")
        yield from (breach for (breach,) in cursor.fetchall())


def _recomputed(count: int) -> Invariant:
    cycles = Cycle.objects.order_by("-number").select_related("settings").prefetch_related("ticks__market")[:count]
    wrong = [f"cycle {cycle.number} computes to something else" for cycle in cycles if not _computes_again(cycle)]
    return Invariant(
        "cycles recompute", f"the newest {len(cycles)} cycles compute again to what they wrote", tuple(wrong[:_NAMED])
    )


def _computes_again(cycle: Cycle) -> bool:
    ticks = {tick.market_id: tick for tick in cycle.ticks.all()}
    ordered = [ticks[biome] for biome in Biome if biome in ticks]
    expected = [tick.cash_before_micro for tick in ordered]
    if cycle.reason == Cycle.Reason.REDISTRIBUTED:
        expected = redistribute_cash(
            cash=expected,
            attention=[tick.attention_points for tick in ordered],
            floors=[floor_cash(tick.market, cycle.settings) for tick in ordered],
            pool_bps=cycle.settings.redistribution_pool_bps,
            move_bps=cycle.settings.max_move_bps,
        )
    return expected == [tick.cash_after_micro for tick in ordered]
