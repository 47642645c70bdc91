"""The command that prepares the exchange to start. May be run again at any time."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from core.database.patient_migrations import migrate_patiently
from core.web.static_files import collect_static_files
from embedded.places import remembered_secret

ADMINISTRATOR = "admin"


class Command(BaseCommand):
    help = (
        "Migrate, open the markets, make the world, gather static files, post missing starting grants; if asked to, "
        "make sure of an administrator."
    )
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--administrator",
            type=Path,
            metavar="PASSWORD_FILE",
            help="make an administrator unless there is one, keep the password in this file, and print how to sign in",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        migrate_patiently(sleep=time.sleep)
        call_command("open_markets", stdout=self.stderr)
        call_command("seed_world", stdout=self.stderr)
        if settings.STATIC_HASHED:
            collect_static_files()
        if options["administrator"]:
            self.stdout.write(self._administrator(options["administrator"]))
        call_command("post_starting_grants", "--only-without-wallet", stdout=self.stderr)

    def _administrator(self, password_file: Path) -> str:
        """Return instructions for signing in as administrator. An existing administrator is left unchanged."""
        users = get_user_model()._default_manager
        if not users.filter(is_superuser=True).exists() and not users.filter(username__iexact=ADMINISTRATOR).exists():
            users.create_superuser(
                username=ADMINISTRATOR,
                email=f"{ADMINISTRATOR}@localhost.invalid",
                password=remembered_secret(password_file),
            )
        administrator = users.filter(username__iexact=ADMINISTRATOR, is_superuser=True).first()
        if administrator is None:
            return "with your administrator's account (manage.py createsuperuser makes one)"
        if password_file.exists() and administrator.check_password(password_file.read_text()):
            return f"{ADMINISTRATOR} / {password_file.read_text()} (kept in {password_file})"
        return f"{ADMINISTRATOR}, with the password that you chose"
