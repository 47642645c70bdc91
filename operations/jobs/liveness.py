"""Signs of life of processes without requests: they touch a file, ALIVE_FILE, whose age others check.

For Celery's workers and beat (operations/jobs/leased_scheduler.py), in containers that `deploy.healthcheck` checks.
Without ALIVE_FILE nothing is done.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from celery import bootsteps

TOUCH_SECS = 5.0


class AliveWorker(bootsteps.StartStopStep):
    """A worker step that touches the file from the worker's own timer, which stands still when the worker does."""

    requires = ("celery.worker.components:Timer",)

    def start(self, parent: Any) -> None:
        """Start with the worker."""
        touch()
        parent.timer.call_repeatedly(TOUCH_SECS, touch)


def touch() -> None:
    """Record that this process is alive now."""
    if path := os.environ.get("ALIVE_FILE"):
        Path(path).touch()
