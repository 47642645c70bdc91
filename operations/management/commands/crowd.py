import signal
import time
from random import Random
from types import FrameType
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from markets.economic_settings import current_settings
from markets.models import EconomicSettings
from operations.simulation.crowd import Crowd, gather_players, run_crowd

# So many look around that a newcomer's attention is a few percent of a market's. Most cost nothing but that.
PLAYERS, TRADERS = 360, 12
MOST_PLAYERS = 1000
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Command(BaseCommand):
    help = "Simulated players give attention and trade until SIGTERM or Ctrl-C. Only where CROWD_ENABLED is set."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--players",
            type=int,
            default=PLAYERS,
            help=f"how many look around, 1 to {MOST_PLAYERS} (default {PLAYERS})",
        )
        parser.add_argument(
            "--traders", type=int, default=TRADERS, help=f"how many of them trade, from 1 on (default {TRADERS})"
        )
        parser.add_argument("--seed", type=int, help="makes their moods and choices the same again (default: random)")

    def handle(self, *, players: int, traders: int, seed: int | None, **options: Any) -> None:
        if not settings.CROWD_ENABLED:
            raise CommandError("The simulated crowd is off: set CROWD_ENABLED=1, but never in production.")
        if not 1 <= players <= MOST_PLAYERS:
            raise CommandError(f"--players must be from 1 to {MOST_PLAYERS}, not {players}.")
        if traders < 1:
            raise CommandError(f"--traders must be 1 or more, not {traders}.")
        for number in _STOP_SIGNALS:
            signal.signal(number, _interrupt)
        try:
            self._run(players=players, traders=traders, rng=Random(seed))
        except KeyboardInterrupt:
            return

    def _run(self, *, players: int, traders: int, rng: Random) -> None:
        try:
            current_settings()
        except EconomicSettings.DoesNotExist as error:
            raise CommandError(str(error)) from error
        player_ids = gather_players(count=players)
        if not player_ids:
            raise CommandError("The names of the crowd belong to other players, or its players are deactivated.")
        simulated = Crowd(player_ids=player_ids, traders=traders, rng=rng)
        run_crowd(simulated, now=timezone.now, sleep=time.sleep)


def _interrupt(signum: int, frame: FrameType | None) -> NoReturn:
    """End the current work, also a wait for the database, whose transaction is rolled back."""
    for number in _STOP_SIGNALS:  # once is enough: the end must not be cut short
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
