"""What a container has to itself, put on this machine: its addresses, ports and folders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.loopback.compose import Service
from deploy.loopback.places import State

HOST, NAME = "127.0.0.1", "localhost"
#: The port of each service inside its container, as the compose file's addresses name it.
INSIDE_PORTS = {"postgres": 5432, "redis": 6379, "pgbouncer": 6432, "web": 8000, "streams": 8001}


@dataclass(frozen=True, slots=True)
class Translation:
    """Turns what the compose file says of containers into what holds on this machine."""

    state: State
    checkout: Path
    #: Where each service listens here.
    ports: Mapping[str, int]
    has_tls: bool

    def located(self, service: Service, text: str) -> str:
        """Return the same with this machine's addresses and folders for the container's."""
        for name, port in self.ports.items():
            text = text.replace(f"@{name}:{INSIDE_PORTS.get(name)}/", f"@{HOST}:{port}/")
        if text.startswith("/tmp/"):  # noqa: S108
            return str(self.state.folder("tmp", service.name) / Path(text).name)
        for target, source in service.mounts.items():
            text = text.replace(target, str(self._mounted(source)))
        return text

    def _mounted(self, source: str) -> Path:
        if source.startswith("./"):
            return self.state.mount(self.checkout / source)
        return Path(source) if source.startswith("/") else self.state.folder("volumes", source)

    def place_of(self, name: str, *, port: int | None, servers: Mapping[str, str]) -> dict[str, str]:
        """Return where a service's processes listen and write; `servers` are the addresses that nginx hands on to."""
        own, database = str(port or ""), str(self.ports["postgres"])
        return {
            "pgbouncer": {"DATABASE_HOST": HOST, "DATABASE_PORT": database, "LISTEN_HOST": HOST, "LISTEN_PORT": own},
            "redis": {"REDIS_BIND": HOST, "REDIS_PORT": own, "DATA_DIR": str(self.state.folder("redis"))},
            "web": {"WEB_HOST": HOST, "WEB_PORT": own},
            "streams": {"STREAM_HOST": HOST, "STREAM_PORT": own},
            "backup": {"PGHOST": HOST, "PGPORT": database, "BACKUP_DIR": str(self.state.folder("backups"))},
            "nginx": {
                "TLS": "on" if self.has_tls else "off",
                "SERVER_NAMES": f"{HOST},{NAME}",
                "HTTP_LISTEN": f"{HOST}:{self.ports['http']}",
                "HTTPS_LISTEN": f"{HOST}:{self.ports['https']}",
                "WEB_SERVERS": servers["web"],
                "STREAM_SERVERS": servers["streams"],
            },
        }.get(name, {})

    def health(self, service: Service, port: int | None) -> list[str] | None:
        """Return the compose file's own check, at this replica's port; for nginx one that takes connections will do."""
        if service.name == "nginx" or not service.health:
            return None
        own = str(INSIDE_PORTS.get(service.name))
        return [word.replace(own, str(port)) if port else word for word in service.health]
