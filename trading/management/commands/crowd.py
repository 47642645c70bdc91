import signal
import time
from random import Random
from types import FrameType
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from markets.economy import current_settings
from markets.models import EconomicSettings
from trading.crowd import Crowd, gather_players, run_crowd

MOST_PLAYERS = 1000
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Command(BaseCommand):
    help = "Simulated players give attention and trade until SIGTERM or Ctrl-C. Only where CROWD_ENABLED is set."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--players", type=int, default=12, help=f"how many, 1 to {MOST_PLAYERS} (default 12)")
        parser.add_argument("--seed", type=int, help="makes their moods and choices the same again (default: random)")

    def handle(self, *, players: int, seed: int | None, **options: Any) -> None:
        if not settings.CROWD_ENABLED:
            raise CommandError("The simulated crowd is off: set CROWD_ENABLED=1, but never in production.")
        if not 1 <= players <= MOST_PLAYERS:
            raise CommandError(f"--players must be from 1 to {MOST_PLAYERS}, not {players}.")
        for number in _STOP_SIGNALS:
            signal.signal(number, _interrupt)
        try:
            self._run(players=players, rng=Random(seed))
        except KeyboardInterrupt:
            return

    def _run(self, *, players: int, rng: Random) -> None:
        try:
            current_settings()
        except EconomicSettings.DoesNotExist as error:
            raise CommandError(str(error)) from error
        player_ids = gather_players(count=players, now=timezone.now())
        if not player_ids:
            raise CommandError("Every name of the crowd belongs to somebody else, or its players are deactivated.")
        run_crowd(Crowd(player_ids=player_ids, rng=rng), now=timezone.now, sleep=time.sleep)


def _interrupt(signum: int, frame: FrameType | None) -> NoReturn:
    """End whatever goes on, a wait for the database included: its transaction is rolled back."""
    for number in _STOP_SIGNALS:  # once is enough: the end must not be cut short
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
