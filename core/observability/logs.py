"""Formats of log lines: as JSON for machines, or for people. LOG_FORMAT chooses.

Both name the request, player and operation of a line, and omit players' input: the rows that PostgreSQL quotes in
its errors are left out, and so are addresses that open an account (`core.observability.secrets`).
"""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from core.observability import context
from core.observability.metrics import LOG_LINES
from core.observability.secrets import keep_out_of_records, without_secrets

_as_json = json.JSONEncoder(default=str, check_circular=False).encode

# No line says which thread or process wrote it, so nobody needs to find out.
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
keep_out_of_records()

# Such as: DETAIL:  Key (email)=(ada@example.com) already exists.
_QUOTED_ROW = re.compile(r"^(DETAIL|CONTEXT): .*$", re.MULTILINE)


class LineFormatter(logging.Formatter):
    """The format of lines for people, with the ids and the line's further values behind it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line with the ids of the work; a traceback follows below."""
        told = {**getattr(record, "told", {}), **context.ids_under_way()}
        line = without_secrets(without_quoted_rows(super().format(record)))
        if not told:
            return line
        head, newline, rest = line.partition("\n")
        return f"{head} [{' '.join(f'{name}={value}' for name, value in told.items())}]{newline}{rest}"


class JsonFormatter(logging.Formatter):
    """A JSON object a line: time (UTC), level, logger, message, the ids, and what the line's `told` adds."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the JSON object.

        Attributes that a library added to its record are left out, as their content is unknown.
        """
        message = record.getMessage()
        content: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_quoted_rows(message) if record.args else message,
            **context.ids_under_way(),
            **getattr(record, "told", {}),
        }
        if record.exc_info:
            content["traceback"] = without_secrets(without_quoted_rows(self.formatException(record.exc_info)))
        return _as_json(content)


class RepeatLimit(logging.Filter):
    """A filter that lets the same warning or error through `at_most` times a minute, and then logs how many it left
    out.

    Two lines are the same that come from one place in the code and carry the same kind of error.
    """

    def __init__(self, at_most: int) -> None:
        super().__init__()
        self._at_most = at_most
        self._seen: dict[tuple[object, ...], list[float]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Count the line; return False where there were too many of it."""
        if record.levelno < logging.WARNING:
            return True
        kind = record.exc_info[0] if record.exc_info else None
        key = (record.name, record.levelno, record.pathname, record.lineno, kind)
        minute = self._seen.get(key)
        if minute is None or record.created - minute[0] >= 60 or record.created < minute[0]:
            left_out = max(0, int(minute[1]) - self._at_most) if minute else 0
            # Lines of any place in the code are few: no more are remembered than there are places.
            self._seen[key] = [record.created, 1]
            if left_out:
                record.told = {**getattr(record, "told", {}), "left_out_before": left_out}
            return True
        minute[1] += 1
        return minute[1] <= self._at_most


class CountingHandler(logging.Handler):
    """Counts warnings and errors, for the alert on too many."""

    def emit(self, record: logging.LogRecord) -> None:
        """Count the line."""
        LOG_LINES.labels(record.levelname).inc()


def without_quoted_rows(text: str) -> str:
    """Return an error of PostgreSQL without the values that it quotes."""
    return _QUOTED_ROW.sub(r"\1: (left out)", text)
