"""`make run` refuses with one line when it cannot run, and leaves no process behind however it ends."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from embedded.places import CHECKOUT
from embedded.ports import free_port
from embedded.processes import commands

START_SECS, STOP_SECS = 90.0, 20.0


@pytest.fixture
def state_dir() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="exchange-"))
    folder.chmod(0o755)
    yield folder / ".local"
    shutil.rmtree(folder)


@pytest.fixture
def run_environment(state_dir: Path) -> dict[str, str]:
    """Return the environment of a newcomer, who names no services."""
    named = {"DATABASE_URL", "REDIS_URL", "REDIS_PREFIX", "MAKELEVEL"}
    environment = {name: value for name, value in os.environ.items() if name not in named}
    ports = {"WEB_PORT": str(free_port()), "STREAM_PORT": str(free_port())}
    return environment | ports | {"EXCHANGE_STATE_DIR": str(state_dir)}


def processes_of(state_dir: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            is_ours = process.environ().get("EXCHANGE_STATE_DIR") == str(state_dir)
            if is_ours or process.cwd().startswith(str(state_dir)):
                found.append(process)
        except psutil.Error:
            continue
    return found


def refusal(environment: dict[str, str], state_dir: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "embedded.run"],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert processes_of(state_dir) == []
    assert not state_dir.exists()
    return done.stderr


@pytest.mark.parametrize("variable", ["WEB_PORT", "STREAM_PORT"])
def test_a_taken_port_is_refused(variable: str, run_environment: dict[str, str], state_dir: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = refusal(run_environment | {variable: str(port)}, state_dir)
    assert f"Port {port} cannot be used" in line
    assert f"make run {variable}=" in line


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("WEB_PORT", "http", "WEB_PORT must be a port number"),
        ("WEB_PORT", "65536", "WEB_PORT must be a port number"),
        ("DATABASE_URL", "postgres://a:b@127.0.0.1:1/none", "The database that DATABASE_URL names cannot be reached"),
        ("DATABASE_URL", "nonsense", "DATABASE_URL is no address"),
        ("REDIS_URL", "redis://127.0.0.1:1/0", "The Redis that REDIS_URL names cannot be reached"),
    ],
)
def test_what_cannot_be_used_is_refused(
    variable: str, value: str, says: str, run_environment: dict[str, str], state_dir: Path
) -> None:
    assert says in refusal(run_environment | {variable: value}, state_dir)


def test_the_crowd_is_no_process_of_production() -> None:
    names = {"web", "streams", "worker", "redistribution", "beat"}
    assert set(commands(with_crowd=False)) == names
    assert set(commands(with_crowd=True)) == names | {"crowd"}


def test_no_shell_stays_between() -> None:
    assert all(command.startswith("exec ") for command in commands(with_crowd=True).values())


def test_it_opens_and_ends_whole_when_one_process_is_killed(run_environment: dict[str, str], state_dir: Path) -> None:
    run = subprocess.Popen(
        [sys.executable, "-m", "embedded.run"],
        cwd=CHECKOUT,
        env=run_environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said = read_until_open(run)
        assert f"http://127.0.0.1:{run_environment['WEB_PORT']}/admin/" in said
        assert (state_dir / "admin-password").read_text() in said
        next(process for process in processes_of(state_dir) if "beat" in process.cmdline()).kill()
        assert eventually(lambda: run.poll() is not None)
        assert run.returncode == 1
        assert eventually(lambda: not processes_of(state_dir))
    finally:
        for process in [run, *processes_of(state_dir)]:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        run.communicate()


def read_until_open(run: subprocess.Popen[str]) -> str:
    said, deadline = "", time.monotonic() + START_SECS
    assert run.stdout is not None
    for line in run.stdout:
        said += line
        if "Ctrl-C stops it" in line:
            return said
        assert time.monotonic() < deadline, said
    raise AssertionError(said)


def eventually(happened: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + STOP_SECS
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.1)
    return happened()
