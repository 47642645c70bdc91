"""docker-compose.yml runs the right services with the fewest privileges, and contains no secret."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from honcho.environ import parse_procfile

from deploy.loopback.compose import read_services

BASE = Path(settings.BASE_DIR)
COMPOSE = BASE / "docker-compose.yml"
SERVICES = yaml.safe_load(COMPOSE.read_text())["services"]
PROCESSES = parse_procfile((BASE / "Procfile").read_text()).processes
SECRETS = {"SECRET_KEY", "POSTGRES_PASSWORD", "DATABASE_PASSWORD", "REDIS_PASSWORD"}
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?:(:[-?])([^}]*))?\}")
EXAMPLE = dict(
    line.lstrip("#").split("=", 1)
    for line in (BASE / ".env.example").read_text().splitlines()
    if re.match(r"#?[A-Z_]+=", line)
)


@pytest.mark.parametrize("process", PROCESSES)
def test_every_process_of_the_procfile_is_a_service_with_the_same_command(process: str):
    assert SERVICES[process]["command"] == ["deploy/process", process]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_bounded_and_watched_and_may_do_little(name: str):
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] in ("unless-stopped", "on-failure:3")
    assert "test" in service["healthcheck"] or name == "migrate"
    assert {"cpus", "memory"} <= set(service["deploy"]["resources"]["limits"])
    assert service["logging"]["options"]["max-size"]


def test_nginx_alone_can_be_reached():
    published = {name: port for name, service in SERVICES.items() for port in service.get("ports", ())}
    assert {name for name, port in published.items() if not port.startswith("127.0.0.1:")} == {"nginx"}


def test_no_secret_has_a_default_and_all_are_demanded():
    used = VARIABLE.findall(COMPOSE.read_text())

    assert {name for name, kind, _ in used if kind == ":?"} == SECRETS | {"SITE_HOSTS"}
    assert not [name for name, kind, default in used if name in SECRETS and kind == ":-"]
    assert {EXAMPLE[name] for name in SECRETS} == {""}


def test_the_example_names_what_the_file_takes_and_nothing_else():
    passed_on = {
        name for service in SERVICES.values() for name, value in service.get("environment", {}).items() if value is None
    }

    assert set(EXAMPLE) == {name for name, *_ in VARIABLE.findall(COMPOSE.read_text())} | passed_on


def test_every_setting_of_the_app_exists():
    documented = set(re.findall(r"`([A-Z][A-Z_]+)`", (BASE / "docs" / "settings.md").read_text()))
    of_processes = {*re.findall(r"\$\{(\w+)", (BASE / "Procfile").read_text()), "STREAM_HOST", "ALIVE_FILE"}
    given = {name for service in SERVICES.values() if service.get("build") == "." for name in service["environment"]}

    assert given <= documented | of_processes


def test_a_missing_secret_is_named():
    with pytest.raises(KeyError, match="POSTGRES_PASSWORD"):
        read_services(COMPOSE, {name: "x" for name in SECRETS | {"SITE_HOSTS"} if name != "POSTGRES_PASSWORD"})


def test_what_is_read_is_filled_in():
    services = read_services(
        COMPOSE, {name: name.lower() for name in SECRETS | {"SITE_HOSTS"}} | {"LOG_LEVEL": "ERROR"}
    )
    web = services["web"]

    assert web.command == ("deploy/process", "web")
    assert web.environment["DATABASE_URL"] == "postgres://exchange:database_password@pgbouncer:6432/exchange"
    assert web.environment["LOG_LEVEL"] == "ERROR"
    assert "SENTRY_DSN" not in web.environment
    assert (web.replicas, web.stop_secs, web.is_app) == (2, 40.0, True)
    assert services["nginx"].mounts["/srv/static"] == "static"
    assert services["nginx"].after == {"web", "streams"}
    assert services["redis"].health[:2] == ("sh", "-c")
