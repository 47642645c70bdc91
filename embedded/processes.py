"""The exchange's processes under honcho: those of `Procfile`, and in the embedded run a simulated crowd.

Started by `embedded.run`, whose process id is the argument. If that process dies, even by SIGKILL, all others end.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from types import FrameType

import psutil
from honcho.environ import parse_procfile
from honcho.manager import Manager
from honcho.printer import Printer

from embedded.places import CHECKOUT

# Players of its own, for a newcomer to see life at once: no process of production, so not in the Procfile.
CROWD = {"crowd": "exec python manage.py crowd"}
PARENT_POLL_SECS = 0.5


def commands(*, with_crowd: bool) -> dict[str, str]:
    """Return the shell command of every process, by its name."""
    procfile: dict[str, str] = parse_procfile((CHECKOUT / "Procfile").read_text()).processes
    return procfile | (CROWD if with_crowd else {})


def main(parent_pid: int, *, with_crowd: bool) -> int:
    """Run all processes until one ends or this one gets SIGTERM, then end the others. Returns the exit code."""
    multiprocessing.set_start_method("fork")  # honcho's processes cannot be pickled for the other methods
    end_with(parent_pid)
    manager = Manager(Printer(sys.stdout, time_format="%H:%M:%S"))
    for name, command in commands(with_crowd=with_crowd).items():
        manager.add_process(name, command, cwd=str(CHECKOUT))
    try:
        manager.loop()
    finally:  # should honcho itself have failed, as it does when asked to stop before all have started
        for process in psutil.Process().children(recursive=True):
            process.kill()
    return int(manager.returncode or 0)


def end_with(parent_pid: int) -> None:
    """Send SIGTERM to this process when its parent is gone. A timer, as honcho forks and so wants no threads."""

    def look(signum: int, frame: FrameType | None) -> None:
        if os.getppid() != parent_pid:
            signal.setitimer(signal.ITIMER_REAL, 0)
            os.kill(os.getpid(), signal.SIGTERM)

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, PARENT_POLL_SECS, PARENT_POLL_SECS)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), with_crowd="--crowd" in sys.argv))
