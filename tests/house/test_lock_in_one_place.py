"""Only `locks.py` of an app locks rows, tables or advisory keys: so the order of locks can be read in few places."""

from __future__ import annotations

import ast
import re

import pytest

from tests.house.source import Module, production_modules, strings_of

LOCKING_SQL = re.compile(
    r"\bFOR (NO KEY )?UPDATE\b|\bFOR (KEY )?SHARE\b|\bLOCK TABLE\b|\bpg_(try_)?advisory_\w*lock", re.IGNORECASE
)
# Most files need not be parsed.
MAY_LOCK = re.compile(r"for_update|\b(UPDATE|SHARE|LOCK|TABLE)\b|advisory", re.IGNORECASE)
LOCKING_CALLS = {"select_for_update", "with_for_update"}

ALLOWED = {
    # The contest of the benchmarks: another exchange, written with other libraries, which shares no code with this one.
    "bench/peer/service.py",
}


def locks_in(module: Module) -> list[str]:
    """Return the places of a file that lock, each as `path:line`."""
    if not MAY_LOCK.search(module.text):
        return []
    calls = [
        node.lineno
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute | ast.Name | ast.keyword) and _name(node) in LOCKING_CALLS
    ]
    statements = [line for line, text in strings_of(module.tree) if LOCKING_SQL.search(" ".join(text.split()))]
    return [f"{module.path}:{line}" for line in sorted({*calls, *statements})]


def _name(node: ast.Attribute | ast.Name | ast.keyword) -> str | None:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else node.arg


def test_nothing_but_locks_modules_locks() -> None:
    found = {module.path: locks_in(module) for module in production_modules() if not module.path.endswith("/locks.py")}
    assert [place for path, places in found.items() if path not in ALLOWED for place in places] == []


def test_each_exception_is_needed() -> None:
    locking = {module.path for module in production_modules() if locks_in(module)}
    assert locking >= ALLOWED


@pytest.mark.parametrize(
    "source",
    [
        "Wallet.objects.select_for_update().get(pk=1)",
        "session.get(Wallet, 1, with_for_update=True)",
        "lock = Wallet.objects.select_for_update",
        'cursor.execute("SELECT 1 FROM trading_wallet FOR UPDATE")',
        'SQL = f"""SELECT {columns} FROM markets_market\n  FOR NO  KEY\n  UPDATE OF market"""',
        'SQL = "select 1 from trading_wallet for share"',
        'SQL = "LOCK " "TABLE trading_holding"',
        'SQL = "SELECT pg_try_advisory_xact_lock(1)"',
        'SQL = "SELECT pg_advisory_lock(1)"',
    ],
)
def test_a_lock_elsewhere_is_found(source: str) -> None:
    assert len(locks_in(Module("trading/orders/market_orders.py", source))) == 1


@pytest.mark.parametrize(
    "source", ['"""Waits FOR an update."""', 'x = "for everything that updates"', "lock_timeout()"]
)
def test_other_words_are_no_locks(source: str) -> None:
    assert locks_in(Module("trading/orders/market_orders.py", source)) == []
