"""The embedded services are shared, end with their last user, and recover whatever process was killed."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from embedded import places
from embedded.lease import Lease
from embedded.places import CHECKOUT, Folder, account_for, home_of, is_open_to_all
from embedded.services import embedded_services

WAIT_SECS = 30.0
USER = """
import sys, time
from pathlib import Path
from embedded.lease import Lease
with Lease(name=sys.argv[1], state_dir=Path(sys.argv[2])):
    print("up", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def state_dir() -> Iterator[Path]:
    # Not tmp_path, whose parents are closed to others: as root the data would go elsewhere.
    folder = Path(tempfile.mkdtemp(prefix="exchange-"))
    folder.chmod(0o755)
    yield folder / ".local"
    shutil.rmtree(folder)


@pytest.fixture
def start_user(state_dir: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    users = []

    def start(name: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", USER, name, str(state_dir)]
        user = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
        users.append(user)
        assert user.stdout is not None
        assert user.stdout.readline() == "up\n"
        return user

    yield start
    for user in users:
        user.kill()
        user.communicate()


def processes_below(folder: Path) -> list[psutil.Process]:
    """Return the servers, whose working folder is below this one, and the keepers, whose command names it."""
    found = []
    for process in psutil.process_iter(["cmdline", "cwd", "status"]):
        at_work = (process.info["cwd"] or "").startswith(str(folder))
        is_keeper = "embedded.keeper" in (process.info["cmdline"] or []) and str(folder) in process.info["cmdline"]
        if (at_work or is_keeper) and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


def eventually(happened: Callable[[], object]) -> bool:
    deadline = time.monotonic() + WAIT_SECS
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(happened())


def test_a_second_user_finds_the_service_and_the_last_one_out_stops_it(state_dir: Path) -> None:
    with Lease(name="redis", state_dir=state_dir) as first:
        with Lease(name="redis", state_dir=state_dir) as second:
            assert second.address == first.address
        assert first.is_alive
        with redis.Redis.from_url(first.address.url) as client:
            assert client.ping()
    assert processes_below(state_dir) == []


def test_users_who_come_at_once_share_one_service(state_dir: Path) -> None:
    def come(_: int) -> tuple[Lease, str]:
        lease = Lease(name="redis", state_dir=state_dir)
        return lease, lease.__enter__().address.url

    with ThreadPoolExecutor(4) as users:
        leases = list(users.map(come, range(4)))
        assert len({url for _, url in leases}) == 1
        list(users.map(lambda held: held[0].__exit__(None, None, None), leases))
    assert eventually(lambda: not processes_below(state_dir))


def test_nothing_is_left_by_a_user_who_was_killed(
    state_dir: Path, start_user: Callable[[str], subprocess.Popen[str]]
) -> None:
    user = start_user("redis")
    assert processes_below(state_dir)
    user.kill()
    assert eventually(lambda: not processes_below(state_dir))


def test_it_leaves_nothing_when_the_block_fails(state_dir: Path) -> None:
    with pytest.raises(ZeroDivisionError), Lease(name="redis", state_dir=state_dir):
        _ = 1 / 0
    assert processes_below(state_dir) == []


@pytest.mark.parametrize("victim", ["keeper", "server"])
def test_the_lease_tells_when_keeper_or_server_was_killed(state_dir: Path, victim: str) -> None:
    with Lease(name="redis", state_dir=state_dir) as lease:
        assert lease.is_alive
        for process in processes_below(state_dir):
            if ("embedded.keeper" in process.cmdline()) == (victim == "keeper"):
                process.kill()
        assert eventually(lambda: not lease.is_alive)
    assert processes_below(state_dir) == []


def test_a_killed_session_ends_nothing_else(state_dir: Path) -> None:
    with (
        Lease(name="postgres", state_dir=state_dir) as lease,
        closing(psycopg.connect(lease.address.url, autocommit=True)) as session,
    ):
        session.execute("CREATE TABLE kept AS SELECT 7 AS micro")
        found = session.execute("SELECT pg_backend_pid()").fetchone()
        assert found is not None
        os.kill(found[0], signal.SIGKILL)
        assert eventually(lambda: can_connect(lease.address.url))
        assert lease.is_alive
        with psycopg.connect(lease.address.url) as again:
            assert again.execute("SELECT micro FROM kept").fetchall() == [(7,)]
    assert processes_below(state_dir) == []


def test_a_server_that_has_given_up_is_started_again_at_its_address(state_dir: Path) -> None:
    with Lease(name="postgres", state_dir=state_dir) as lease:
        # As on a full disk it ends by itself, with a code of its own.
        postmaster = int((state_dir / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGINT)
        assert eventually(lambda: not psutil.pid_exists(postmaster))
        assert eventually(lambda: can_connect(lease.address.url))
        assert lease.is_alive
    assert processes_below(state_dir) == []


def can_connect(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def test_what_was_committed_outlives_sigkill_of_everything(
    state_dir: Path, start_user: Callable[[str], subprocess.Popen[str]]
) -> None:
    user = start_user("postgres")
    address = Folder(home=home_of(state_dir), name="postgres").announced()
    assert address is not None
    with psycopg.connect(address.url) as session:
        session.execute("CREATE TABLE kept AS SELECT 7 AS micro")
    for process in processes_below(state_dir):
        with suppress(psutil.NoSuchProcess):  # a server's child may have ended of itself meanwhile
            process.send_signal(signal.SIGKILL)
    user.kill()
    assert eventually(lambda: not processes_below(state_dir))
    # By now another process has the number of the server that was killed.
    pid_file = state_dir / "postgres" / "data" / "postmaster.pid"
    pid_file.write_text("\n".join([str(os.getpid()), *pid_file.read_text().splitlines()[1:]]))

    with Lease(name="postgres", state_dir=state_dir) as lease, psycopg.connect(lease.address.url) as session:
        assert session.execute("SELECT micro FROM kept").fetchall() == [(7,)]
        assert session.execute("SHOW fsync").fetchone() == ("on",)
        assert session.execute("SHOW synchronous_commit").fetchone() == ("on",)
        assert session.execute("SHOW server_version_num").fetchone() >= ("180000",)
    assert processes_below(state_dir) == []


def test_only_what_is_not_named_is_started_and_named(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/exchange")
    monkeypatch.delenv("REDIS_URL", raising=False)
    with embedded_services(state_dir) as leases:
        assert [lease.name for lease in leases] == ["redis"]
        assert os.environ["REDIS_URL"] == leases[0].address.url
        assert os.environ["DATABASE_URL"] == "postgres://elsewhere/exchange"
    assert "REDIS_URL" not in os.environ


def test_the_first_time_is_over_when_its_block_has_ended_well(state_dir: Path) -> None:
    with Lease(name="redis", state_dir=state_dir) as lease:
        with pytest.raises(ZeroDivisionError), lease.first_time():
            _ = 1 / 0
        with lease.first_time() as is_first:
            assert is_first
        with lease.first_time() as is_first:
            assert not is_first


def test_secrets_are_for_the_owner_alone(state_dir: Path) -> None:
    with Lease(name="redis", state_dir=state_dir) as lease:
        for name in ("password", "address.json"):
            assert stat.S_IMODE((state_dir / "redis" / name).stat().st_mode) == 0o600
        password = (state_dir / "redis" / "password").read_text()
        assert not any(password in argument for p in processes_below(state_dir) for argument in p.cmdline())
        with (
            redis.Redis.from_url(lease.address.url.replace(password, "wrong")) as stranger,
            pytest.raises(redis.AuthenticationError),
        ):
            stranger.ping()


def test_root_keeps_its_data_where_others_may_pass(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "OPEN_DIR", state_dir.parent / "open")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    closed = state_dir.parent / "closed"
    (closed / "checkout").mkdir(parents=True)
    closed.chmod(0o700)

    home = home_of(closed / "checkout" / ".local")

    assert home.parent == state_dir.parent / "open"
    assert home.name.startswith("checkout-")
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert not is_open_to_all(closed / "checkout")
    assert home_of(closed / "checkout" / ".local") == home  # also when the parents are open by now
    closed.chmod(0o755)
    assert home_of(closed / "checkout" / ".local") == home
    assert home_of(state_dir) == state_dir


def test_postgres_never_runs_as_root(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    account = account_for(state_dir)
    assert account is not None
    assert account.uid != 0
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert account_for(state_dir) is None
