"""Alerts and the dashboard use existing names: every metric is in the code, every alert in docs/operations.md."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.utils import timezone
from prometheus_client import REGISTRY

from markets.redistribution.cycle import run_cycle
from operations.monitoring.exchange_state import StateCollector
from trading.invariants.results import keep_result
from trading.invariants.rules import Invariant

MONITORING = Path(settings.BASE_DIR) / "deploy" / "monitoring"
ALERTS = MONITORING / "alerts.yml"
ALERTS_TEST = MONITORING / "alerts_test.yml"
DASHBOARD = MONITORING / "grafana" / "dashboards" / "exchange.json"
RUNBOOK = Path(settings.BASE_DIR) / "docs" / "operations.md"
NAME = re.compile(r"\bexchange_[a-z_]+")


def rules() -> list[dict[str, str]]:
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, object]]:
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


@pytest.fixture
def told(markets, settings, tmp_path) -> set[str]:
    """Return the names of all samples of an exchange in which everything has happened once."""
    now = timezone.now()
    settings.BACKUP_DIR = str(tmp_path)
    (tmp_path / "one.dump").write_bytes(b"x")
    run_cycle(number=1, now=now, announce=False)
    keep_result(invariants=[Invariant("wallets", "")], took_ms=1, now=now)
    families = [*REGISTRY.collect(), *StateCollector().collect()]
    ends = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}
    return {f"{family.name}{end}" for family in families for end in ends.get(family.type, ())}


@pytest.mark.django_db
def test_every_metric_that_is_asked_for_is_told(told):
    asked = {name for rule in rules() for name in NAME.findall(rule["expr"])}
    asked |= {name for panel in panels() for target in panel["targets"] for name in NAME.findall(target["expr"])}
    assert len(asked) > 30
    assert asked - told == set()


@pytest.mark.django_db
def test_every_metric_of_ours_is_looked_at(told):
    asked = set(NAME.findall(ALERTS.read_text() + DASHBOARD.read_text()))
    roots = {re.sub(r"_(bucket|count|sum)$", "", name) for name in told if name.startswith("exchange_")}
    known = {re.sub(r"_(bucket|count|sum)$", "", name) for name in asked}
    assert roots - known - {"exchange_last_cycle_number"} == set()


def test_every_alert_says_what_to_do():
    runbook = RUNBOOK.read_text()
    missing = [rule["alert"] for rule in rules() if f"### {rule['alert']}\n" not in runbook]
    stale = set(re.findall(r"^### ([A-Z][a-z]+[A-Z]\w+)$", runbook, re.MULTILINE)) - {rule["alert"] for rule in rules()}
    assert (missing, stale) == ([], set())


def test_every_alert_can_be_sorted():
    assert {rule["labels"]["severity"] for rule in rules()} == {"page", "warning"}
    assert all(rule["annotations"]["summary"].endswith(".") for rule in rules())


def test_every_alert_has_a_test_in_which_it_fires():
    looks = [look for test in yaml.safe_load(ALERTS_TEST.read_text())["tests"] for look in test["alert_rule_test"]]
    fires = {look["alertname"] for look in looks if look["exp_alerts"]}
    assert {rule["alert"] for rule in rules()} - fires == set()


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed (Debian: prometheus).")
@pytest.mark.parametrize("asked", [("check", ALERTS), ("test", ALERTS_TEST)])
def test_prometheus_takes_the_rules_and_their_tests(asked: tuple[str, Path]):
    what, file = asked
    done = subprocess.run(["promtool", what, "rules", str(file)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
