"""No file, function or folder is larger than a reader takes in, and `config/` stays wiring."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import PurePosixPath

from tests.house.source import modules, production_modules

CONFIG_LINES = 1_500
FILES_OF_FOLDER = 20
LINES_OF_FILE = 400
LINES_OF_FUNCTION = 50


def test_config_is_wiring() -> None:
    own = [module for module in production_modules() if module.path.startswith("config/")]
    assert sum(module.lines for module in own) < CONFIG_LINES
    assert [module.path for module in own if "models.Model" in module.text] == []


def test_folders_are_small() -> None:
    files = Counter(str(PurePosixPath(module.path).parent) for module in production_modules())
    assert {folder: number for folder, number in files.items() if number > FILES_OF_FOLDER} == {}


def test_files_are_short() -> None:
    long = {module.path: module.lines for module in modules() if module.lines > LINES_OF_FILE}
    assert long == {}


def test_functions_are_short() -> None:
    # Only a file with that many lines can have such a function.
    may_have = (module for module in modules() if module.lines > LINES_OF_FUNCTION and not module.is_migration)
    long = {
        f"{module.path}:{node.lineno} {node.name}": lines
        for module in may_have
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > LINES_OF_FUNCTION
    }
    assert long == {}
