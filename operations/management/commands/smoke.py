import logging
import os
import ssl
import sys
from typing import Any

import httpx
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.management.administrators import administrator_who_may
from operations.smoke import WAIT_SECS, Administrator, Visit, play
from operations.smoke.operator import POWERS, Operator
from operations.smoke.visit import Sponsor


class Command(BaseCommand):
    help = "Play two new players against a running exchange; one line a step, exit 1 at the first that fails."
    # The exchange may run elsewhere: nothing here, and no database but for --operator, has to be in order.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="where it runs (default %(default)s)")
        parser.add_argument("--admin-username", help="who tops the player up where there is no starting grant")
        parser.add_argument("--admin-password", help="better left to the environment: SMOKE_ADMIN_PASSWORD")
        parser.add_argument(
            "--operator",
            metavar="ADMINISTRATOR",
            help="run where the exchange's database is: verify the players' addresses and top them up in this name",
        )

    def handle(
        self,
        *,
        url: str,
        admin_username: str | None,
        admin_password: str | None,
        operator: str | None,
        **options: Any,
    ) -> None:
        if operator and admin_username:
            raise CommandError("--operator and --admin-username are two ways to the same: name one.")
        administrator = _administrator(admin_username, admin_password or os.environ.get("SMOKE_ADMIN_PASSWORD"))
        sponsor: Sponsor | None = Operator(administrator_who_may(operator, *POWERS)) if operator else administrator
        # The steps say what they did; a line for each request would only hide it.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        # Straight to the exchange, whatever proxy the environment names: it is often on this machine.
        # Whom this machine trusts, and SSL_CERT_FILE beyond that.
        tls = ssl.create_default_context()
        with httpx.Client(base_url=_checked(url), timeout=WAIT_SECS, trust_env=False, verify=tls) as http:
            if not play(Visit(http=http, administrator=sponsor), write=self.stdout.write):
                sys.exit(1)


def _checked(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise CommandError(f"--url is no address: {error}") from error
    if url.scheme not in ("http", "https") or not url.host or url.query or url.fragment:
        raise CommandError(f"--url must be like http://127.0.0.1:8000, not {text!r}.")
    return url


def _administrator(username: str | None, password: str | None) -> Administrator | None:
    if username is None:
        return None
    if not password:
        raise CommandError("--admin-username needs a password: set SMOKE_ADMIN_PASSWORD.")
    return Administrator(username, password)
