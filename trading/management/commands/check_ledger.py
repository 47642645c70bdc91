import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from trading.law_results import keep_result
from trading.laws import check_laws


class Command(BaseCommand):
    help = "Derive every balance again from the transactions and the cycles; one line a law, exit 1 on any difference."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--recompute-cycles", type=int, default=1000, help="how many of the newest (default 1000)")

    def handle(self, *, recompute_cycles: int, **options: Any) -> None:
        laws = check_laws(recomputed_cycles=recompute_cycles)
        keep_result(laws=laws, now=timezone.now())
        for law in laws:
            mark = self.style.SUCCESS("ok    ") if law.holds else self.style.ERROR("BROKEN")
            self.stdout.write(f"{mark}  {law.name}: {'; '.join(law.breaches) or law.finding}")
        if not all(law.holds for law in laws):
            sys.exit(1)
