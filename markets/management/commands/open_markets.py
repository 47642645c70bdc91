from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from markets.management.opening import open_markets


class Command(BaseCommand):
    help = "Open the seven markets; those that are open stay as they are."

    def handle(self, **options: Any) -> None:
        opened = open_markets(now=timezone.now())
        self.stdout.write(f"{opened} markets opened." if opened else "The markets are open already.")
