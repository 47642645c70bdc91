from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from trading.wallets.starting_grants import post_missing_grants

_BATCH_SIZE = 500


class Command(BaseCommand):
    help = "Post the starting grant (STARTING_GRANT_BDT) of every active, verified player who has none."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch-size", type=int, default=_BATCH_SIZE, help="players read at a time")
        parser.add_argument(
            "--only-without-wallet",
            action="store_true",
            help="leave players who have a wallet as they are, such as those of a time without a grant",
        )

    def handle(self, *, batch_size: int, only_without_wallet: bool, **options: Any) -> None:
        posted = post_missing_grants(
            now=timezone.now(), batch_size=max(1, batch_size), only_without_wallet=only_without_wallet
        )
        self.stdout.write(f"{posted} starting grants were posted.")
