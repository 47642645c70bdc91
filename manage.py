#!/usr/bin/env python
"""Every command of the exchange: finds or starts the embedded services first, where no others are named."""

import os
import sys

from embedded.lease import Lease
from embedded.places import ServiceUnavailable
from embedded.services import embedded_services

HELP = {"help", "version", "--help", "-h", "--version"}
# The smoke test plays against an exchange that runs elsewhere.
COMMANDS_WITHOUT_SERVICES = HELP | {"check", "collectstatic", "findstatic", "smoke"}
# They look at the database as it is, or are about to make it what it should be.
COMMANDS_ON_ANY_DATABASE = {"doctor", "makemigrations", "migrate", "prepare", "showmigrations", "sqlmigrate"}


def main() -> None:
    """Run the command that the arguments name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command in COMMANDS_WITHOUT_SERVICES and "--database" not in sys.argv:
        run_command()
        return
    try:
        with embedded_services() as leases:
            if command not in COMMANDS_ON_ANY_DATABASE:
                prepare_new_database(leases)
            run_command()
    except ServiceUnavailable as error:
        sys.exit(str(error))


def run_command() -> None:
    """Hand over to Django, which reads its settings only now that the services are named."""
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


def prepare_new_database(leases: list[Lease]) -> None:
    """Migrate an embedded database that has never been used, and open its markets."""
    for lease in leases:
        if lease.name != "postgres":
            continue
        with lease.first_time() as is_first:
            if is_first:
                import django
                from django.core.management import call_command

                django.setup()
                # Standard output belongs to the command that was asked for.
                call_command("prepare", stdout=sys.stderr)


if __name__ == "__main__":
    main()
