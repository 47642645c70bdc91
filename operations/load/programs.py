"""Programs of many sockets, commanded by lines on standard input, and answering on standard output."""

from __future__ import annotations

import asyncio
import resource
import sys
from collections.abc import Coroutine
from typing import Any


def run_program(main: Coroutine[Any, Any, None]) -> None:
    """Run a program with as many open files as the system allows: each socket is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(main)


async def next_line() -> str:
    """Return the next command; "" when whoever started this is gone."""
    line: str = await asyncio.to_thread(sys.stdin.readline)
    return line.strip()


def answer(line: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
