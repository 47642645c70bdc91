import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from trading.invariants.check import RECOMPUTED_CYCLES, check_ledger


class Command(BaseCommand):
    help = "Derive every balance again from the transactions and the cycles; exit 1 on a difference."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--recompute-cycles",
            type=int,
            default=RECOMPUTED_CYCLES,
            help="how many of the newest (default %(default)s)",
        )

    def handle(self, *, recompute_cycles: int, **options: Any) -> None:
        invariants, _ = check_ledger(now=timezone.now(), recomputed_cycles=recompute_cycles)
        for invariant in invariants:
            mark = self.style.SUCCESS("ok    ") if invariant.holds else self.style.ERROR("BROKEN")
            self.stdout.write(f"{mark}  {invariant.name}: {'; '.join(invariant.breaches) or invariant.finding}")
        if not all(invariant.holds for invariant in invariants):
            sys.exit(1)
