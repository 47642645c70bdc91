"""The unit tests of the pages' scripts pass in Node, and each script keeps the rules of eslint.config.js."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from embedded.places import CHECKOUT
from tests.node import SCRIPTS, run_node

PACKAGE = json.loads((CHECKOUT / "package.json").read_text())
LOCK = json.loads((CHECKOUT / "package-lock.json").read_text())
ESLINT = CHECKOUT / "node_modules" / "eslint" / "bin" / "eslint.js"


@pytest.mark.parametrize("path", sorted(SCRIPTS.glob("*.test.js")), ids=lambda path: path.name)
def test_scripts_pass_their_unit_tests(path: Path) -> None:
    run = run_node("--test", "--test-reporter=tap", path)

    assert run.returncode == 0, run.stdout
    assert re.search(r"^# pass [1-9]", run.stdout, re.MULTILINE)


@pytest.mark.skipif(not ESLINT.exists(), reason="`make check` installs ESLint.")
@pytest.mark.parametrize(
    ("script", "rule"),
    [
        ('import { nothing } from "./curve.js";\nnothing();\n', "import-x/named"),
        ('import { toText } from "./curves.js";\ntoText();\n', "import-x/no-unresolved"),
        ("const left = 1;\n", "no-unused-vars"),
        ("nowhere();\n", "no-undef"),
        ("if (document.title == 1) location.reload();\n", "eqeqeq"),
        ("var title = document.title;\nlocation.replace(title);\n", "no-var"),
        ("let title = document.title;\nlocation.replace(title);\n", "prefer-const"),
    ],
)
def test_a_fault_in_a_script_is_found(script: str, rule: str) -> None:
    run = run_node(ESLINT, "--format=json", "--stdin", "--stdin-filename=static/js/faulty.js", given=script)

    assert rule in [message["ruleId"] for message in json.loads(run.stdout)[0]["messages"]]


def test_packages_of_npm_are_pinned_and_name_no_registry() -> None:
    versions = {**PACKAGE["dependencies"], **PACKAGE["devDependencies"]}

    assert [name for name, version in versions.items() if not re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", version)] == []
    assert [name for name, package in LOCK["packages"].items() if "resolved" in package] == []
