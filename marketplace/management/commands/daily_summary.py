from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from marketplace.daily_summary import summarise_day
from marketplace.models import DailySummary
from markets.admin_lists import grouped_text


class Command(BaseCommand):
    help = "Sum up a day (UTC) for administrators, and print it. Again and again gives the same."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--date", type=date.fromisoformat, help="as 2026-01-31; without it, yesterday")

    def handle(self, *, date: date | None, **options: Any) -> None:
        now = timezone.now()
        try:
            summary = summarise_day(day=date or now.date() - timedelta(days=1), now=now)
        except ValueError as error:
            raise CommandError(str(error)) from error
        for line in _lines(summary):
            self.stdout.write(line)


def _lines(summary: DailySummary) -> list[str]:
    flows = [
        f"{flow['source']}, {flow['kind']}: {flow['count']:,} of {grouped_text(flow['amount_micro'])} BDT, "
        f"fees {grouped_text(flow['fee_micro'])}"
        for flow in summary.flows
    ]
    safeguards = [f"{name}: {', '.join(map(str, found)) or 'none'}" for name, found in summary.safeguards.items()]
    moves = [f"{move['biome']}: {move['percent']} %, from {move['open']} to {move['close']}" for move in summary.moves]
    circles = [
        f"circle: {' -> '.join(circle['players'])}, {circle['times']} times, {grouped_text(circle['amount_micro'])} BDT"
        for circle in summary.circles
    ]
    stars = [
        f"star: {', '.join(star['givers'])} -> {star['taker']}, {star['times']} times, "
        f"{grouped_text(star['amount_micro'])} BDT"
        for star in summary.stars
    ]
    return [f"{summary.day}", *flows, *safeguards, *moves, *circles, *stars]
