"""Run the exchange on loopback as docker-compose.yml describes it, by hand: `make loopback`."""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

from deploy.loopback import CannotRun, Loopback
from embedded.places import CHECKOUT

#: As an exchange for strangers has it: the smoke test's operator verifies its players, and tops them up.
SMOKED = {"VERIFICATION_REQUIRED": "1"}
OPERATOR = "operator"
OPEN = {"STARTING_GRANT_BDT": "1000"}


def main() -> int:
    """Open the exchange and, unless something is to be run against it, wait for Ctrl-C. Returns the exit code."""
    asked = _arguments()
    try:
        exchange = Loopback(state=asked.state, tls=asked.tls, environment=SMOKED if asked.smoke else OPEN)
        with exchange:
            sys.stdout.write(f"\n  The exchange is open at {exchange.url}/   logs: {exchange.logs}\n\n")
            sys.stdout.flush()
            code = _use(exchange, smoke=asked.smoke, wait=not asked.browser)
        return code or (_browse() if asked.browser else 0)
    except CannotRun as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 0


def _use(exchange: Loopback, *, smoke: bool, wait: bool) -> int:
    if smoke:
        account = ["--username", OPERATOR, "--email", f"{OPERATOR}@example.com"]
        password = secrets.token_urlsafe(16)
        exchange.manage("createsuperuser", "--noinput", *account, DJANGO_SUPERUSER_PASSWORD=password)
        played = exchange.manage("smoke", "--url", exchange.url, "--operator", OPERATOR)
        sys.stdout.write(played.stdout + played.stderr)
        return played.returncode
    if wait:
        signal.pause()
    return 0


def _browse() -> int:
    """The browser's stories, on an exchange of their own like this one."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "browser"], cwd=CHECKOUT, env={**os.environ, "BEHIND_NGINX": "1"}
    ).returncode


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.loopback", description=__doc__)
    parser.add_argument("--state", type=Path, help="a folder to keep; by default nothing is left")
    parser.add_argument("--tls", action="store_true", help="with a certificate, and all that production demands")
    parser.add_argument("--browser", action="store_true", help="run the browser's stories behind nginx, then end")
    parser.add_argument("--smoke", action="store_true", help="run manage.py smoke against it, then end")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
