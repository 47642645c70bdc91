from typing import Any

from django.core.management.base import BaseCommand

from trading.ledger.volume import recount_volume


class Command(BaseCommand):
    help = "Count the volume of the leaderboard anew from the transactions. Trades wait meanwhile."

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"{recount_volume()} holdings had another volume")
