"""The order of steps of deploy/upgrade.sh, with a `docker` that only keeps a list of containers."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

SCRIPT = Path(settings.BASE_DIR) / "deploy" / "upgrade.sh"
SERVICES = ("web", "streams", "worker", "redistribution", "beat")

# Containers are lines of a file for each service. What is asked goes into a log.
DOCKER = """#!/bin/sh
cd "$STATE"
echo "$*" >>log
case "$*" in
    "compose ps --quiet "*) cat "$4" ;;
    "compose up "*)
        for service; do :; done
        sed "s/$/-new/" "$service" >added
        cat added >>"$service"
        [ "$service" != "$SICK" ] ;;
    "inspect --format "*) echo "/$4" | sed "s/$/:$(echo "$3" | sed 's/.*://')/" ;;
    "rm "*) shift; for container; do sed -i "/^$container\\$/d" web streams worker redistribution beat; done ;;
esac
"""


@pytest.fixture
def upgrade(tmp_path: Path):
    (tmp_path / "deploy").mkdir()
    shutil.copy(SCRIPT, tmp_path / "deploy")
    (tmp_path / ".env").write_text("APP_VERSION=1\n")
    docker = tmp_path / "docker"
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    for service in SERVICES:
        count = 2 if service in ("web", "streams") else 1
        (tmp_path / service).write_text("".join(f"{service}{number}\n" for number in range(1, count + 1)))

    def run(sick: str = "") -> subprocess.CompletedProcess[str]:
        path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
        environment = {"PATH": path, "STATE": str(tmp_path), "SICK": sick}
        return subprocess.run(
            [str(tmp_path / "deploy" / "upgrade.sh"), "2"], env=environment, capture_output=True, text=True
        )

    run.folder = tmp_path  # type: ignore[attr-defined]
    return run


def containers(folder: Path) -> dict[str, list[str]]:
    return {service: (folder / service).read_text().split() for service in SERVICES}


def test_each_service_goes_over_when_its_new_replicas_are_healthy(upgrade):
    done = upgrade()
    log = (upgrade.folder / "log").read_text().splitlines()
    kept = [line for line in log if line.startswith(("compose run", "compose up", "compose exec", "stop"))]
    servers = "compose exec --no-TTY nginx /opt/nginx/servers"
    up = "compose up --detach --no-deps --no-recreate --wait --wait-timeout 180 --scale"

    assert done.returncode == 0, done.stderr
    assert kept == [
        "compose run --rm --no-deps migrate",
        f"{up} web=4 web",
        f"{servers} web1-new:8000 web2-new:8000 streams:8001",
        "stop web1 web2",
        f"{up} streams=4 streams",
        f"{servers} web1-new:8000 web2-new:8000 streams1-new:8001 streams2-new:8001",
        "stop streams1 streams2",
        f"{up} worker=2 worker",
        "stop worker1",
        f"{up} redistribution=2 redistribution",
        "stop redistribution1",
        f"{up} beat=2 beat",
        "stop beat1",
        f"{servers} web:8000 streams:8001",
    ]
    assert containers(upgrade.folder)["web"] == ["web1-new", "web2-new"]
    assert (upgrade.folder / ".env").read_text() == "APP_VERSION=2\n"


def test_the_old_go_on_when_the_new_are_not_healthy(upgrade):
    before = containers(upgrade.folder)

    done = upgrade(sick="web")

    assert done.returncode == 1
    assert "The new web is not healthy" in done.stderr
    assert containers(upgrade.folder) == before
    assert "nginx" not in (upgrade.folder / "log").read_text()
    assert (upgrade.folder / ".env").read_text() == "APP_VERSION=1\n"
