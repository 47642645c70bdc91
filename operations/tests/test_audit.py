"""A known fault of a dependency fails the checks; a registry that does not answer does not."""

from __future__ import annotations

import pytest

from embedded.places import CHECKOUT
from operations import dependency_audit

CLEAN = {"name": "django", "version": "5.2.19", "vulns": []}
FAULTY = {"name": "old", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}
UNKNOWN = {"name": "odd", "skip_reason": "Dependency not found on PyPI"}
NPM = {"vulnerabilities": {"a": {"name": "a", "severity": "low"}, "b": {"name": "b", "severity": "high"}}}


@pytest.mark.parametrize(
    ("report", "findings"),
    [
        ({"dependencies": [CLEAN, UNKNOWN]}, []),
        ({"dependencies": [CLEAN, FAULTY]}, ["old 1: PYSEC-1, mended in 2"]),
        ({"dependencies": [UNKNOWN]}, None),
        (None, None),
    ],
)
def test_python(report: object, findings: list[str] | None) -> None:
    assert dependency_audit.python_findings(report) == findings


@pytest.mark.parametrize(
    ("report", "severities", "findings"),
    [
        (NPM, ("low", "high"), ["a: low", "b: high"]),
        (NPM, ("high",), ["b: high"]),
        ({"vulnerabilities": {}}, ("low",), []),
        ({"error": {"code": "ENOAUDIT"}}, ("low",), None),
        (None, ("low",), None),
    ],
)
def test_npm(report: object, severities: tuple[str, ...], findings: list[str] | None) -> None:
    assert dependency_audit.npm_findings(report, severities=severities) == findings


@pytest.mark.parametrize(
    ("answers", "code", "said"),
    [
        ({"pip": None, "npm": None}, 0, "constraints.txt: not audited: no answer"),
        ({"pip": {"dependencies": [CLEAN]}, "npm": {"vulnerabilities": {}}}, 0, "package-lock.json: no known faults"),
        ({"pip": {"dependencies": [FAULTY]}, "npm": None}, 1, "old 1: PYSEC-1"),
        ({"pip": None, "npm": NPM}, 1, "b: high"),
    ],
)
def test_the_checks(
    answers: dict[str, object],
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(
        dependency_audit, "_json_of", lambda command, **_: answers["pip" if "pip_audit" in command else "npm"]
    )
    assert dependency_audit.main() == code
    assert said in capsys.readouterr().out


def test_each_audited_lock_exists() -> None:
    folders = {lock.folder for lock in dependency_audit.LOCKS.values()}

    assert [folder for folder in folders if not (CHECKOUT / folder / "package-lock.json").exists()] == []
