from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from marketplace.world.seeding import AnotherWorld, seed_world


class Command(BaseCommand):
    help = "Make the world of land, once: a grid of parcels, always the same from its seed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=settings.WORLD_SEED)
        parser.add_argument("--side", type=int, default=settings.WORLD_SIDE_PARCELS, help="rows and columns")

    def handle(self, *, seed: int, side: int, **options: Any) -> None:
        try:
            is_new = seed_world(seed=seed, side=side, now=timezone.now())
        except (AnotherWorld, ValueError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{side * side} parcels made." if is_new else "The world is there already.")
