"""The source of the exchange, as the tests about the source read it: each file parsed once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Module:
    """A Python file, by its path from the root of the repository."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Return the parsed file."""
        return ast.parse(self.text)

    @property
    def lines(self) -> int:
        """Return the number of lines."""
        return self.text.count("\n")

    @property
    def is_test(self) -> bool:
        """Say whether the file serves tests alone."""
        parts = self.path.split("/")
        return parts[0] == "tests" or "tests" in parts or parts[-1] == "conftest.py"

    @property
    def is_migration(self) -> bool:
        """Say whether the file is a migration, which is never edited once it is released."""
        return "/migrations/" in self.path


def packages() -> list[str]:
    """Return the names of the packages at the root of the repository."""
    return sorted(folder.parent.name for folder in ROOT.glob("*/__init__.py"))


@cache
def modules() -> tuple[Module, ...]:
    """Return every Python file of the repository."""
    files = [*ROOT.glob("*.py"), *ROOT.glob("docs/*.py")]
    files += [file for package in packages() for file in (ROOT / package).rglob("*.py")]
    own = sorted(file.relative_to(ROOT).as_posix() for file in files if "node_modules" not in file.parts)
    return tuple(Module(path, (ROOT / path).read_text()) for path in own)


def production_modules() -> Iterator[Module]:
    """Yield the files that are neither tests nor migrations."""
    return (module for module in modules() if not module.is_test and not module.is_migration)


def strings_of(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the line and text of each string that the code uses, without docstrings and what f-strings fill in."""
    docstrings = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    within = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in ast.walk(node)
        if part is not node
    }
    for node in ast.walk(tree):
        if id(node) in docstrings or id(node) in within:
            continue
        if isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
            yield node.lineno, "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
