"""A page of a player's transactions, each with the balance after it: of 1,000 in all, and of 100,000.

Both players in one database, their pages in turns: the page of the site, the API's, and one from anywhere.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from random import Random

from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from bench.players import new_players
from bench.report import Report, in_turns
from bench.size import sized
from trading.statements.history import movements_of
from trading.wallets.wallets import ensure_wallet

SIZES = sized((1_000, 100_000), small=(60, 120))
PAGES = sized(50, small=2)
PAGE = 50

API = "/api/v1/marketplace/transactions/audit-trail"

# Each is one BDT more, so that the balance after it tells its place.
_FILL = """
    INSERT INTO transactions (at, kind, initiator_id, operation, request_digest, payee_id, amount_micro, fee_micro,
                              reason, payee_balance_micro)
    SELECT now() - (%(size)s - n) * interval '1 second', 'topup', %(player)s, gen_random_uuid(), gen_random_uuid(),
           %(player)s, 1000000, 0, 'benchmark', n * 1000000
    FROM generate_series(1::bigint, %(size)s) AS n
"""


def run(*, rounds: int) -> Report:
    """Measure each page of both players, and the ratio of the two."""
    players = dict(zip(SIZES, new_players("history", len(SIZES)), strict=True))
    first_ids = {size: _fill(player_id, size) for size, player_id in players.items()}
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) transactions")
    clients = {size: _client_of(player_id) for size, player_id in players.items()}
    pages: dict[str, Callable[[int, Random], object]] = {
        "the site's page": lambda size, _: _get(clients[size], "/transactions/"),
        "the API's page": lambda size, _: _get(clients[size], f"{API}?limit={PAGE}"),
        "50 rows from anywhere": lambda size, rng: _anywhere(players[size], size, first_ids[size], rng),
    }
    report, least, most = Report("history"), SIZES[0], SIZES[-1]
    for name, page in pages.items():
        measured = in_turns(
            {str(size): lambda page=page, size=size: _median_ms(page, size) for size in SIZES},  # type: ignore[misc]
            rounds=rounds,
        )
        for size in SIZES:
            report.add(f"{name}, of {size:,}", "ms", measured[str(size)])
        report.add_ratio(f"  {most:,} / {least:,}", measured[str(most)], measured[str(least)])
    report.notes.append(f"medians of {PAGES} pages a round, in process; balances checked of those from anywhere")
    return report


def _fill(player_id: int, size: int) -> int:
    """Give a player so many transactions; return the number of the first."""
    ensure_wallet(player_id=player_id, now=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(_FILL, {"player": player_id, "size": size})
        cursor.execute("SELECT min(id) FROM transactions WHERE payee_id = %s AND reason = 'benchmark'", [player_id])
        return int(cursor.fetchone()[0])


def _median_ms(page: Callable[[int, Random], object], size: int) -> float:
    rng, taken_ms = Random(size), []
    for _ in range(PAGES):
        started = time.perf_counter()
        page(size, rng)
        taken_ms.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken_ms)


def _anywhere(player_id: int, size: int, first_id: int, rng: Random) -> None:
    """Read what following `next` leads to. Raises RuntimeError where a balance is not the one of its row."""
    place = rng.randint(PAGE, size - 1)
    page = movements_of(player_id).filter(pk__lt=str(first_id + place))[:PAGE]
    if [row.balance for row in page] != [f"{place - n}.00" for n in range(PAGE)]:
        raise RuntimeError(f"wrong balances before the transaction at place {place}")


def _get(client: Client, path: str) -> None:
    reply = client.get(path)
    if reply.status_code != 200:
        raise RuntimeError(f"{path}: {reply.status_code} {reply.content[:300]!r}")


def _client_of(player_id: int) -> Client:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(pk=player_id), backend="django.contrib.auth.backends.ModelBackend")
    return client
