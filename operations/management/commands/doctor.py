import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from operations.doctor.examination import LOOKS, examine
from operations.doctor.findings import Level

_WIDTH = max(map(len, LOOKS))


class Command(BaseCommand):
    help = (
        "Look at settings, connections, processes, disks, backups and invariants; one line each, exit 1 if any failed."
    )
    # It says itself what is not in order.
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for machines: an object by name")

    def handle(self, **options: Any) -> None:
        found = examine()
        if options["json"]:
            named = {name: {"level": finding.level, "words": finding.words} for name, finding in found.items()}
            self.stdout.write(json.dumps(named, indent=2))
        else:
            styles = {Level.OK: self.style.SUCCESS, Level.WARNING: self.style.WARNING, Level.FAILED: self.style.ERROR}
            for name, finding in found.items():
                mark = styles[finding.level](f"{finding.level:<8}")
                self.stdout.write(f"{mark} {name:<{_WIDTH}}  {finding.words}")
        if any(finding.level is Level.FAILED for finding in found.values()):
            sys.exit(1)
