"""`Loopback`: starts the compose file's services as processes of this machine, and ends all of them."""

from __future__ import annotations

import os
import secrets
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from graphlib import TopologicalSorter
from pathlib import Path
from types import FrameType, TracebackType
from typing import NoReturn, Self

import httpx

from deploy.loopback.certificates import make_certificates
from deploy.loopback.compose import Service, read_services
from deploy.loopback.places import (
    PLACES,
    State,
    check_programs,
    new_cluster,
    pooler_prepares,
    servers_account,
)
from deploy.loopback.replica import Replica
from deploy.loopback.translation import HOST, INSIDE_PORTS, NAME, Translation
from embedded.places import CHECKOUT, make_passable, wait_until
from embedded.ports import free_port

START_SECS = 90.0
STOP_SIGNALS = {"postgres": signal.SIGINT, "pgbouncer": signal.SIGINT, "nginx": signal.SIGQUIT}
#: Jobs that end by themselves, and what the rehearsals start when they need it.
JOBS = ("migrate", "backup")
# Without TLS nothing of what production demands of it can hold.
WITHOUT_TLS = {"PRODUCTION": "0", "BEHIND_TLS_PROXY": "0", "COOKIES_SECURE": "0"}


class Loopback:
    """The exchange behind nginx and PgBouncer: `with Loopback() as exchange:`, from a program's main thread.

    `environment` overrides settings of all processes of the app, `replicas` the compose file's numbers. With `tls` it
    runs with all that production demands, and `ca_file` is whom clients have to trust. `state` is a folder to keep; by
    default everything is gone at the end. Raises CannotRun when a program is missing.
    """

    def __init__(
        self,
        *,
        state: Path | None = None,
        checkout: Path = CHECKOUT,
        tls: bool = False,
        replicas: Mapping[str, int] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        check_programs()
        self._things = ExitStack()
        self._state_path = state
        self.checkout = checkout  # of what is started next
        self._tls = tls
        self._replicas = dict(replicas or {})
        self._overrides = {
            **({} if tls else WITHOUT_TLS),
            # Rehearsals' players have no mail to open.
            "VERIFICATION_REQUIRED": "0",
            # Where `python` is the one that runs this.
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONWARNINGS": "ignore",
            # Containers have it each for themselves.
            "METRICS_PORT": "",
            **({} if pooler_prepares() else {"DATABASE_PREPARED_STATEMENTS": "0"}),
            **(environment or {}),
        }
        self._ports = {name: free_port() for name in ("postgres", "redis", "pgbouncer", "http", "https")}
        self._running: dict[str, list[Replica]] = {}
        self._numbers: dict[str, int] = {}

    # --- The whole ---------------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        with ExitStack() as things:
            things.callback(signal.signal, signal.SIGTERM, signal.signal(signal.SIGTERM, _interrupt))
            self._state = State(self._state_path or Path(things.enter_context(tempfile.TemporaryDirectory())))
            make_passable(self._state.path)
            self._given = self._variables()
            self._services = read_services(self.checkout / "docker-compose.yml", self._given)
            self._translation = Translation(
                state=self._state, checkout=self.checkout, ports=self._ports, has_tls=self._tls
            )
            if self._tls:
                make_certificates(self._state.folder("tls"), for_host=NAME)
            things.callback(self._stop_all)
            for name in self._order():
                self.start(name)
            self._wait_until_open()
            self._things = things.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._things.close()

    @property
    def url(self) -> str:
        """Where nginx answers, without a slash at the end."""
        # A certificate is asked for by name, and an address is none.
        return f"https://{NAME}:{self._ports['https']}" if self._tls else f"http://{HOST}:{self._ports['http']}"

    @property
    def ca_file(self) -> Path | None:
        """Whom clients have to trust (SSL_CERT_FILE), with TLS."""
        return self._state.path / "tls" / "ca.pem" if self._tls else None

    @property
    def state(self) -> Path:
        """The folder of everything: volumes, logs, configuration."""
        return self._state.path

    def turn_to(self, checkout: Path) -> None:
        """Start another version's processes of the app from now on, as its own compose file says."""
        self.checkout, said = checkout, read_services(checkout / "docker-compose.yml", self._given)
        self._services |= {name: service for name, service in said.items() if service.is_app}

    @property
    def logs(self) -> Path:
        """The folder of the logs, one file a replica."""
        return self._state.folder("log")

    @property
    def said(self) -> str:
        """What the app's processes have written so far."""
        return "".join(
            log.read_text(errors="replace")
            for name, service in self._services.items()
            if service.is_app
            for log in sorted(self.logs.glob(f"{name}-*.log"))
        )

    @property
    def database_url(self) -> str:
        """PostgreSQL itself, past the pooler."""
        return self.environment()["DATABASE_URL"]

    def environment(self, service: str = "migrate") -> dict[str, str]:
        """The environment of a service's processes; by default for `manage.py` commands, straight to PostgreSQL."""
        return self._environment_of(self._services[service], ports={})

    def manage(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a `manage.py` command on this exchange. The caller looks at what became of it."""
        trusted = {"SSL_CERT_FILE": str(self.ca_file)} if self.ca_file else {}
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self.checkout,
            env=self.environment() | trusted | variables,
            capture_output=True,
            text=True,
        )

    def run_inside(self, service: str, command: str, *arguments: str, **variables: str) -> str:
        """What `docker compose exec` does: run a command of a service's container, and return what it says.

        Raises CalledProcessError.
        """
        said = self._services[service]
        account = servers_account()
        return subprocess.run(
            [self._translation.located(said, command), *arguments],
            cwd=self._state.folder("run"),
            env=self.environment(service) | variables,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
        ).stdout.strip()

    # --- One service -------------------------------------------------------------------------------------------------

    def replicas(self, service: str) -> list[Replica]:
        """Those that run now."""
        return list(self._running.get(service, []))

    def start(self, service: str) -> None:
        """Start all replicas of a service that does not run, and return when they are healthy; run a job to its end."""
        if service in JOBS:
            self.run(service)
            return
        count = self._replicas.get(service, self._services[service].replicas)
        # Anew where the old ones were, so that everybody finds them.
        ports = [replica.port for replica in self._running.pop(service, []) if replica.port]
        started = self._start_replicas(service, count, ports=ports)
        self._running[service] = started

    def run(self, job: str) -> None:
        """Run a job of the compose file to its end, as the migrations are. Raises RuntimeError when it fails."""
        replica = self._new_replica(job, port=None)
        try:
            if replica.wait() != 0:
                raise RuntimeError(f"{job} failed; it said:\n{replica.said}")
        finally:
            replica.kill()

    def stop(self, service: str) -> None:
        """End a service as a planned stop does: gently, then by force after the compose file's time."""
        stopping = self._running[service]
        for replica in stopping:
            replica.signal_stop()
        for replica in stopping:
            replica.wait_for_stop()

    def kill(self, service: str) -> None:
        """End a service as a crash does."""
        for replica in self._running[service]:
            replica.kill()

    def freeze(self, service: str) -> None:
        """Stop the time of a service, until `thaw`."""
        for replica in self._running[service]:
            replica.send(signal.SIGSTOP)

    def thaw(self, service: str) -> None:
        """Let a frozen service go on."""
        for replica in self._running[service]:
            replica.send(signal.SIGCONT)

    def restart(self, service: str, *, away_secs: float = 0) -> None:
        """Stop a service, and start it again on the same ports and files after so long."""
        self.stop(service)
        time.sleep(away_secs)
        self.start(service)

    def replace(self, service: str) -> None:
        """Bring up new replicas beside the old, turn to them when they are healthy, then drain the old.

        What `deploy/upgrade.sh` does with containers.
        """
        old = self._running[service]
        new = self._start_replicas(service, len(old), ports=[])
        self._running[service] = new
        if service in ("web", "streams"):
            self._turn_nginx()
        for replica in old:
            replica.signal_stop()
        for replica in old:
            replica.wait_for_stop()

    # --- How ---------------------------------------------------------------------------------------------------------

    def _variables(self) -> dict[str, str]:
        """What the operator would have put into .env."""
        made = ("SECRET_KEY", "POSTGRES_PASSWORD", "DATABASE_PASSWORD", "REDIS_PASSWORD")
        return {
            **{name: secrets.token_urlsafe(48) for name in made},
            "SITE_HOSTS": f"{HOST},{NAME}",
            "POSTGRES_SHARED_BUFFERS": "128MB",
            "ACME_DIR": str(self._state.folder("acme")),
            "TLS_DIR": str(self._state.folder("tls")),
        }

    def _order(self) -> list[str]:
        order = TopologicalSorter({name: service.after for name, service in self._services.items()}).static_order()
        return [name for name in order if name not in JOBS or name == "migrate"]

    def _start_replicas(self, service: str, count: int, *, ports: list[int]) -> list[Replica]:
        if service == "postgres":
            started = [self._start_postgres()]
        else:
            places = [*ports, *(self._new_port(service) for _ in range(count - len(ports)))]
            started = [self._new_replica(service, port=port) for port in places]
        for replica in started:
            if not wait_until(replica.is_healthy, within_secs=START_SECS):
                for each in started:
                    each.kill()
                raise RuntimeError(f"{replica.name} is not healthy after {START_SECS} s; it said:\n{replica.said}")
        if service == "postgres":
            self._make_database_once()
        return started

    def _new_port(self, service: str) -> int | None:
        """Where a new replica listens; None for what listens nowhere."""
        if service == "nginx":
            return self._ports["https" if self._tls else "http"]
        if service not in INSIDE_PORTS:
            return None
        return self._ports.get(service) or free_port()

    def _new_replica(self, name: str, *, port: int | None) -> Replica:
        service = self._services[name]
        own_name = self._next_name(name)
        environment = self._environment_of(service, ports={name: port} if port else {})
        if "ALIVE_FILE" in environment:
            environment["ALIVE_FILE"] = str(self._state.folder("tmp", own_name) / "alive")
        return Replica(
            name=own_name,
            command=[self._translation.located(service, word) for word in service.command],
            environment=environment,
            cwd=self.checkout if service.is_app else self._state.folder("run"),
            log_folder=self.logs,
            account=None if service.is_app else servers_account(),
            port=port,
            health=self._translation.health(service, port),
            stop_signal=STOP_SIGNALS.get(name, signal.SIGTERM),
            stop_secs=service.stop_secs,
        )

    def _next_name(self, service: str) -> str:
        self._numbers[service] = self._numbers.get(service, 0) + 1
        return f"{service}-{self._numbers[service]}"

    def _start_postgres(self) -> Replica:
        """The compose file's command, with the program, its data and its address put in."""
        service = self._services["postgres"]
        data, programs = new_cluster(self._state, password=service.environment["POSTGRES_PASSWORD"])
        self._overrides["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), str(programs), PLACES])
        port = self._ports["postgres"]
        place = ["-D", str(data), "-p", str(port), "-h", HOST, "-c", "unix_socket_directories="]
        return Replica(
            name=self._next_name("postgres"),
            command=[str(programs / "postgres"), *service.command[1:], *place],
            environment={"LC_ALL": "C", "TZ": "UTC"},
            cwd=data,
            log_folder=self.logs,
            account=servers_account(),
            port=port,
            health=[str(programs / "pg_isready"), "--quiet", f"--host={HOST}", f"--port={port}"],
            stop_signal=STOP_SIGNALS["postgres"],
            stop_secs=service.stop_secs,
        )

    def _make_database_once(self) -> None:
        done = self._state.path / "database.done"
        if done.exists():
            return
        service = self._services["postgres"]
        script = next(path for path in service.mounts.values() if path.endswith("create-database.sh"))
        subprocess.run(
            ["sh", str(self.checkout / script)],
            env={**self.as_superuser(), **service.environment, "PATH": self._overrides["PATH"]},
            check=True,
        )
        done.touch()

    def as_superuser(self) -> dict[str, str]:
        """For PostgreSQL's own programs: its address and its superuser."""
        return {
            "PATH": self._overrides["PATH"],
            "PGHOST": HOST,
            "PGPORT": str(self._ports["postgres"]),
            "PGUSER": "postgres",
            "PGPASSWORD": self.superuser_password,
        }

    @property
    def superuser_password(self) -> str:
        """Of PostgreSQL's superuser, who makes databases."""
        return self._services["postgres"].environment["POSTGRES_PASSWORD"]

    def _environment_of(self, service: Service, *, ports: Mapping[str, int]) -> dict[str, str]:
        environment = {key: self._translation.located(service, value) for key, value in service.environment.items()}
        servers = {name: self._addresses(name) for name in ("web", "streams")}
        environment |= self._translation.place_of(service.name, port=ports.get(service.name), servers=servers)
        environment["PATH"] = self._overrides["PATH"]
        return environment | self._overrides if service.is_app else environment

    def _addresses(self, service: str) -> str:
        return " ".join(f"{HOST}:{replica.port}" for replica in self.replicas(service))

    def _turn_nginx(self) -> None:
        """What `deploy/upgrade.sh` does: say the new servers, and let nginx go over to them."""
        environment = self.environment("nginx")
        self.run_inside("nginx", "/opt/nginx/servers", environment["WEB_SERVERS"], environment["STREAM_SERVERS"])

    def _wait_until_open(self) -> None:
        """Cycles run, and nginx finds web and streams."""
        trusted = ssl.create_default_context(cafile=str(self.ca_file) if self.ca_file else None)

        def is_open() -> bool:
            try:
                return httpx.get(f"{self.url}/readyz", timeout=5, trust_env=False, verify=trusted).is_success
            except httpx.HTTPError:
                return False

        if not wait_until(is_open, within_secs=START_SECS):
            raise RuntimeError(f"the exchange is not open after {START_SECS} s; it said:\n{self.said}")

    def _stop_all(self) -> None:
        """From the door inwards, so that nobody meets what has gone already."""
        for name in reversed(list(self._running)):
            self.stop(name)


def _interrupt(signum: int, frame: FrameType | None) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough: the end must not be cut short
    raise KeyboardInterrupt
