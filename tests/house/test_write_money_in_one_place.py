"""Only `trading/ledger/` writes wallets, holdings and transactions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.source import Module, production_modules, strings_of

LEDGER = "trading/ledger/"
ALLOWED = {
    # Fills a database of the benchmarks' own with years of transactions, which are read and never added up.
    "bench/history.py",
}
MODELS = {"Wallet", "Holding", "Transaction"}
TABLES = r"(trading_wallet|trading_holding|transactions)"
WRITING_SQL = re.compile(
    rf"\b(INSERT INTO|UPDATE|DELETE FROM|MERGE INTO|TRUNCATE( TABLE)?|COPY)( ONLY)? \"?{TABLES}\b", re.IGNORECASE
)
# Most files need not be parsed.
MAY_WRITE = re.compile(rf"\b(Wallet|Holding|Transaction|{TABLES})\b|\b(wallet|holding|transaction)\.")
#: Methods of managers and querysets.
WRITES = {
    "create", "get_or_create", "update_or_create", "bulk_create", "bulk_update", "update", "delete",
    "acreate", "aget_or_create", "aupdate_or_create", "abulk_create", "abulk_update", "aupdate", "adelete",
}  # fmt: skip
#: Methods of rows.
SAVES = {"save", "delete", "asave", "adelete", "save_base"}
ROW_NAMES = {"wallet", "holding", "transaction"}


def writes_in(module: Module) -> list[str]:
    """Return the places of a file that write money, each as `path:line`."""
    if not MAY_WRITE.search(module.text):
        return []
    statements = {
        line for line, text in strings_of(module.tree) if WRITING_SQL.search(" ".join(text.replace("{}", "").split()))
    }
    return [f"{module.path}:{line}" for line in sorted(statements | set(_calls(module.tree)))]


def _calls(tree: ast.Module) -> Iterator[int]:
    rows = ROW_NAMES | set(_names_of_rows(tree))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        method, receiver = node.func.attr, node.func.value
        is_row = isinstance(receiver, ast.Name) and receiver.id in rows
        if (method in WRITES and _names_in(receiver) & MODELS) or (method in SAVES and is_row):
            yield node.lineno


def _names_of_rows(tree: ast.Module) -> Iterator[str]:
    """Yield the names that hold rows of the ledger's tables: by annotation, or by what is assigned to them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.annotation is not None and _names_in(node.annotation) & MODELS:
            yield node.arg
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and _names_in(node.value.func) & MODELS:
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            if _names_in(node.annotation) & MODELS:
                yield node.target.id
        elif isinstance(node, ast.For) and isinstance(node.target, ast.Name) and _names_in(node.iter) & MODELS:
            yield node.target.id


def _names_in(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} | {
        node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)
    }


def test_nothing_but_the_ledger_writes_money() -> None:
    others = [module for module in production_modules() if not module.path.startswith(LEDGER)]
    assert [place for module in others if module.path not in ALLOWED for place in writes_in(module)] == []


def test_each_exception_is_needed() -> None:
    assert {module.path for module in production_modules() if writes_in(module)} >= ALLOWED


def test_the_ledger_writes_it() -> None:
    writing = {module.path for module in production_modules() if writes_in(module)}
    assert {f"{LEDGER}posting.py", f"{LEDGER}statements.py", f"{LEDGER}volume.py"} <= writing


@pytest.mark.parametrize(
    "source",
    [
        "Wallet.objects.filter(pk=1).update(balance_micro=0)",
        "models.Transaction.objects.create()",
        "await Holding.objects.abulk_create(rows)",
        "def f(mine: Wallet) -> None:\n    mine.save()",
        "mine = Wallet.objects.get(pk=1)\nmine.delete()",
        "for each in Holding.objects.all():\n    each.save()",
        "wallet.save(update_fields=['balance_micro'])",
        'SQL = "UPDATE trading_wallet SET balance_micro = 0"',
        'SQL = f"""WITH x AS ({y})\n  INSERT  INTO\n transactions (id) VALUES (1)"""',
        'SQL = "delete from trading_holding"',
        'cursor.execute("TRUNCATE transactions")',
    ],
)
def test_a_write_elsewhere_is_found(source: str) -> None:
    assert len(writes_in(Module("marketplace/sales/purchases.py", source))) == 1


@pytest.mark.parametrize(
    "source", ["Wallet.objects.get(pk=1)", "listing.save()", 'SQL = "UPDATE markets_market SET cash_micro = 0"']
)
def test_reads_and_writes_of_other_rows_are_not(source: str) -> None:
    assert writes_in(Module("marketplace/sales/purchases.py", source)) == []
