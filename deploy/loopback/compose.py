"""What docker-compose.yml says of a service, read as `docker compose` reads it, as far as the file uses it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_VARIABLE = re.compile(r"\$(?:(?P<escaped>\$)|\{(?P<name>\w+)(?:(?P<kind>:[-?])(?P<rest>[^}]*))?\})")
_SECS = re.compile(r"(\d+)s")


@dataclass(frozen=True)
class Service:
    """One of the compose file's services. Paths and addresses are those inside its container."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    health: tuple[str, ...]
    after: frozenset[str]
    # What lies at each path of the container: a path of the checkout ("./..."), or the name of a volume.
    mounts: Mapping[str, str]
    replicas: int
    stop_secs: float
    #: Built from the checkout itself, where the others are programs of other projects.
    is_app: bool


def read_services(compose_file: Path, variables: Mapping[str, str]) -> dict[str, Service]:
    """All services by name, with `variables` for what the file takes from the environment.

    Raises KeyError with the variable that the file demands and nobody gave.
    """
    content = yaml.safe_load(compose_file.read_text())
    services = _filled(content["services"], variables)
    return {name: _service(name, said, variables) for name, said in services.items() if "profiles" not in said}


def _filled(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(inner, variables) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, variables) for inner in value]
    return _VARIABLE.sub(lambda found: _value(found, variables), value) if isinstance(value, str) else value


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    if found["escaped"]:
        return "$"
    if found["name"] in variables:
        return variables[found["name"]]
    if found["kind"] == ":-":
        return found["rest"]
    raise KeyError(found["name"])


def _service(name: str, said: dict[str, Any], variables: Mapping[str, str]) -> Service:
    health = said.get("healthcheck", {}).get("test", [])
    return Service(
        name=name,
        command=tuple(shlex.split(said["command"]) if isinstance(said["command"], str) else said["command"]),
        environment={
            key: str(variables.get(key, "") if value is None else value)
            for key, value in said.get("environment", {}).items()
            if value is not None or key in variables
        },
        health=tuple(health[1:]) if health[:1] == ["CMD"] else ("sh", "-c", *health[1:]) if health else (),
        after=frozenset(said.get("depends_on", {})),
        mounts=dict(_mount(volume) for volume in said.get("volumes", [])),
        replicas=int(said.get("deploy", {}).get("replicas", 1)),
        stop_secs=_secs(said.get("stop_grace_period", "10s")),
        is_app=said.get("build") == ".",
    )


def _mount(volume: str | dict[str, Any]) -> tuple[str, str]:
    if isinstance(volume, dict):
        return volume["target"], volume["source"]
    source, target, *_ = volume.split(":")
    return target, source


def _secs(duration: str) -> float:
    found = _SECS.fullmatch(duration)
    if found is None:
        raise ValueError(f"a duration in seconds is expected, not {duration!r}")
    return float(found[1])
