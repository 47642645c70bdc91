import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from operations.load.figures import write_csv
from operations.load.plan import MOST_PLAYERS, MOST_SECS, MOST_SOCKETS, MOST_TRADES_PER_SEC, NotOurs, Plan, check_ours
from operations.load.report import as_json, lines, rows
from operations.load.run import CannotLoad, Outcome, put_on


class Command(BaseCommand):
    help = (
        "Put a bounded load on a running exchange of one's own, and measure it. Run it with the exchange's settings: "
        "it makes its players in the database itself. Exit 1 where something failed or is not written as it was told."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="where it runs (default %(default)s)")
        parser.add_argument("--players", type=int, default=100, help=f"1 to {MOST_PLAYERS} (default %(default)s)")
        parser.add_argument("--seconds", type=float, default=60.0, help=f"{MOST_SECS:g} at most (default %(default)s)")
        parser.add_argument(
            "--trades-per-second", type=float, default=10.0, help="default %(default)s; reads come along"
        )
        parser.add_argument("--sockets", type=int, default=100, help=f"0 to {MOST_SOCKETS} (default %(default)s)")
        parser.add_argument("--seed", type=int, default=1, help="of what the players choose (default %(default)s)")
        parser.add_argument("--csv", type=Path, metavar="FILE", help="a row for each second and kind, then the summary")
        parser.add_argument("--json", action="store_true", help="one object instead of lines")
        parser.add_argument(
            "--no-check", action="store_true", help="do not look up what was written, nor check the invariants"
        )
        parser.add_argument(
            "--yes-it-is-mine",
            action="store_true",
            help="for an address that the settings do not name, and in production",
        )

    def handle(self, **options: Any) -> None:
        plan = Plan(
            url=_checked(options["url"], is_mine=options["yes_it_is_mine"]),
            players=_between("--players", options["players"], 1, MOST_PLAYERS),
            secs=_between("--seconds", options["seconds"], 1, MOST_SECS),
            trades_per_sec=_between("--trades-per-second", options["trades_per_second"], 0, MOST_TRADES_PER_SEC),
            sockets=_between("--sockets", options["sockets"], 0, MOST_SOCKETS),
            seed=options["seed"],
        )
        try:
            outcome = put_on(plan, checks=not options["no_check"], say=self._say)
        except CannotLoad as error:
            raise CommandError(str(error)) from error
        if options["csv"]:
            with options["csv"].open("w", newline="") as file:
                write_csv(file, rows(outcome))
        self.stdout.write(json.dumps(as_json(outcome)) if options["json"] else "\n".join(lines(outcome)))
        if not _is_well(outcome):
            sys.exit(1)

    def _say(self, line: str) -> None:
        self.stderr.write(line)


def _is_well(outcome: Outcome) -> bool:
    is_clean = outcome.audit is None or outcome.audit.is_clean
    return is_clean and not outcome.figures.failures


def _checked(url: str, *, is_mine: bool) -> str:
    try:
        target = urlsplit(url)
        is_address = target.scheme in ("http", "https") and bool(target.hostname) and target.port != 0
    except ValueError:
        is_address = False
    if not is_address or target.path not in ("", "/") or target.query or target.fragment:
        raise CommandError(f"--url must be like http://127.0.0.1:8000, not {url!r}.")
    if not is_mine:
        if settings.PRODUCTION:
            raise CommandError(
                "PRODUCTION is on, and a load makes players who move its prices. If nobody else plays here: "
                "--yes-it-is-mine"
            )
        try:
            check_ours(url, hosts=settings.ALLOWED_HOSTS)
        except NotOurs as error:
            raise CommandError(str(error)) from error
    return url.rstrip("/")


def _between(name: str, value: Any, least: float, most: float) -> Any:
    if not least <= value <= most:
        raise CommandError(f"{name} must be from {least:g} to {most:g}, not {value:g}.")
    return value
