import argparse
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from markets.money import DECIMAL_PLACES
from operations.simulation.attention_tape import Period, TapeRefused, notices_of, read_tape
from operations.simulation.replay import Replayed, replay_tape


class Command(BaseCommand):
    help = (
        "Run a CSV tape of attention (period, biome, count) through the redistribution cycle, one period a cycle, on a "
        "database of its own. Exit code 1 when the tape is refused or money is not conserved."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("tape", type=Path, metavar="FILE")
        parser.add_argument("--cycles", type=int, metavar="N", help="run only the first N periods")
        parser.add_argument("--json", action="store_true", help="print one JSON object; money in micro-BDT")

    def handle(self, *, tape: Path, cycles: int | None, json: bool, **options: Any) -> None:
        if cycles is not None and cycles < 1:
            raise CommandError("--cycles needs at least 1")
        periods = _read(tape)
        for notice in notices_of(periods):
            self.stderr.write(f"{tape}: {notice}")
        periods = periods[:cycles]
        try:
            replayed = replay_tape(periods)
        except DatabaseError as error:
            raise CommandError(f"the database cannot be used: {error}") from error
        self.stdout.write(_json(replayed) if json else _table(replayed))
        if not replayed.conserved:
            raise CommandError("money was not conserved")


def _read(tape: Path) -> list[Period]:
    try:
        with tape.open("rb") as lines:
            return read_tape(lines)
    except OSError as error:
        raise CommandError(f"{tape}: {error.strerror}") from error
    except TapeRefused as error:
        raise CommandError(f"{tape}: {error}") from error


def _json(replayed: Replayed) -> str:
    return json.dumps(
        {
            "cycles": replayed.cycles,
            "cycles_per_second": round(replayed.cycles_per_second, 1),
            "cash": replayed.cash_micro,
            "total": replayed.total_micro,
            "issued": replayed.issued_micro,
            "conserved": replayed.conserved,
        }
    )


def _table(replayed: Replayed) -> str:
    cash = {str(biome): micro for biome, micro in replayed.cash_micro.items()}
    amounts = {**cash, "total": replayed.total_micro, "issued": replayed.issued_micro}
    return "\n".join(
        [
            f"{replayed.cycles} cycles, {replayed.cycles_per_second:.1f} a second",
            *(f"{name:<8} {Decimal(micro).scaleb(-DECIMAL_PLACES):>24,f} BDT" for name, micro in amounts.items()),
            "conserved" if replayed.conserved else "NOT CONSERVED",
        ]
    )
