"""Tasks that processes of the version before an upgrade queued, under the names and arguments that it knew."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from deploy.loopback import Loopback
from deploy.rehearsals.verdict import Verdict

EMPTY_SECS = 30.0
#: What the workers say of a task that they do not know, or that failed.
FAULTS = ("unregistered task", "raised unexpected")
#: Beat alone sends these: once more would be a cycle too many.
NEVER_TWICE = ("markets.tasks.redistribute",)

# Prints the tasks, and how many of those that were sent nobody has taken within so many seconds (0: none is sent).
_SCRIPT = """
import django, inspect, json, sys, time
django.setup()
from config.celery import app
app.loader.import_default_modules()
secs, never = float(sys.argv[1]), sys.argv[2:]
own = {name: list(inspect.signature(task.run).parameters) for name, task in app.tasks.items() if "celery." not in name}
sent = [name for name, parameters in own.items() if secs and not parameters and name not in never]
for name in sent:
    app.send_task(name)
until_secs, left = time.monotonic() + secs, 0
with app.connection_for_read() as broker:
    while (left := broker.default_channel.queue_declare("celery").message_count) and time.monotonic() < until_secs:
        time.sleep(0.1)
print(json.dumps([own, sent, left]))
"""


def demand_old_tasks(verdict: Verdict, exchange: Loopback, *, old: Path) -> None:
    """Queue the old version's tasks by its own code, and demand that the workers of the new one know and do them."""
    (before, sent, left), (after, _, _) = _run(exchange, old, EMPTY_SECS), _run(exchange, exchange.checkout, 0)
    lost = [name for name, parameters in before.items() if after.get(name, [])[: len(parameters)] != parameters]
    verdict.demand(
        "tasks under their old names", lost or f"all {len(before)} are known", holds=bool(before) and not lost
    )
    verdict.demand("tasks that the old version queued", f"{len(sent)} sent, {left} left", holds=bool(sent) and not left)
    heard = [line for name in ("worker", "redistribution") for line in _faults(exchange, name)]
    verdict.demand("faults of the new workers", heard or "none", holds=not heard)


def _run(exchange: Loopback, checkout: Path, secs: float) -> Any:
    said = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(secs), *NEVER_TWICE],
        cwd=checkout,
        env=exchange.environment("worker") | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    return json.loads(said)


def _faults(exchange: Loopback, service: str) -> list[str]:
    lines = [line for replica in exchange.replicas(service) for line in replica.said.splitlines()]
    return [line for line in lines if any(fault in line for fault in FAULTS)]
