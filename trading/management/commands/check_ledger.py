import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from trading.invariants.check import RECOMPUTED_CYCLES, check_ledger


class Command(BaseCommand):
    help = "Derive every balance again from the transactions and the cycles; one line a law, exit 1 on any difference."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--recompute-cycles",
            type=int,
            default=RECOMPUTED_CYCLES,
            help="how many of the newest (default %(default)s)",
        )

    def handle(self, *, recompute_cycles: int, **options: Any) -> None:
        laws, _ = check_ledger(now=timezone.now(), recomputed_cycles=recompute_cycles)
        for law in laws:
            mark = self.style.SUCCESS("ok    ") if law.holds else self.style.ERROR("BROKEN")
            self.stdout.write(f"{mark}  {law.name}: {'; '.join(law.breaches) or law.finding}")
        if not all(law.holds for law in laws):
            sys.exit(1)
