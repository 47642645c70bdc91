"""nginx's own answers equal the app's, word for word."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from core.api.errors import problem_reply
from core.errors import DomainError, RateLimited, RequestTooLarge, ServiceUnavailable
from core.web.security_headers import EVERY_ANSWER
from deploy.loopback.certificates import make_certificates
from deploy.loopback.places import PLACES

PROGRAM = shutil.which("nginx", path=PLACES)
NGINX = Path(settings.BASE_DIR) / "deploy" / "nginx"
ANSWERS = {
    int(status): json.loads(body)
    for status, body in re.findall(r"return (\d+) '(\{.*\})';", (NGINX / "site.conf.template").read_text())
}


@pytest.mark.parametrize("refusal", [RequestTooLarge, RateLimited, ServiceUnavailable])
def test_refusals(refusal: type[DomainError]):
    said = problem_reply(status=refusal.status, code=refusal.code, detail=refusal.message)

    assert ANSWERS[refusal.status] == json.loads(said.content)


def test_headers():
    told = dict(re.findall(r'^add_header ([\w-]+) "(.*)" always;$', (NGINX / "headers.conf").read_text(), re.MULTILINE))

    assert told == EVERY_ANSWER


@pytest.mark.skipif(
    not (PROGRAM and shutil.which("envsubst") and shutil.which("openssl")),
    reason="Needs Debian's nginx-light, gettext-base and openssl.",
)
@pytest.mark.parametrize("tls", ["on", "off"])
def test_nginx_takes_the_configuration(tmp_path: Path, tls: str):
    make_certificates(tmp_path, for_host="exchange.example")
    # What `start` becomes at its end.
    looks_only = tmp_path / "nginx"
    looks_only.write_text(f'#!/bin/sh\nexec {PROGRAM} -q -t "$@"\n')
    looks_only.chmod(0o755)
    environment = {
        "PATH": f"{tmp_path}{os.pathsep}{PLACES}",
        "TLS": tls,
        "SERVER_NAMES": "exchange.example,www.exchange.example",
        "HTTP_LISTEN": "127.0.0.1:18080",
        "HTTPS_LISTEN": "127.0.0.1:18443",
        "WEB_SERVERS": "127.0.0.1:8000 127.0.0.1:8002",
        "STREAM_SERVERS": "127.0.0.1:8001",
        "STATE_DIR": str(tmp_path / "state"),
        **{name: str(tmp_path) for name in ("STATIC_DIR", "ACME_DIR", "TLS_DIR")},
    }

    looked = subprocess.run([NGINX / "start"], env=environment, capture_output=True, text=True)

    assert (looked.returncode, looked.stderr) == (0, "")
