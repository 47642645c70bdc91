"""The command `manage.py changepassword`: Django's, by the function that sets all passwords."""

from __future__ import annotations

from getpass import getuser
from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from accounts.models import User
from accounts.passwords.change import by_command, set_password

TRIES = 3


class Command(changepassword.Command):
    """Ask twice for a new password, and set it: every sign-in of the player ends, and a mail says so."""

    def handle(self, *args: Any, **options: Any) -> str:
        """Set the password, and return a message. Raises CommandError."""
        name = options["username"] or getuser()
        player = User.objects.named(name).first()
        if player is None:
            raise CommandError(f"user '{name}' does not exist")
        self.stdout.write(f"Changing password for user '{player}'")
        set_password(player_id=player.pk, new_password=self._chosen(player), may_still=by_command)
        return f"Password changed successfully for user '{player}'"

    def _chosen(self, player: User) -> str:
        for _ in range(TRIES):
            password, again = self._ask("Password: "), self._ask("Password (again): ")
            if password != again:
                self.stdout.write("Passwords do not match. Please try again.")
                continue
            try:
                validate_password(again, player)
            except ValidationError as refusal:
                self.stderr.write("\n".join(refusal.messages))
                continue
            return password
        raise CommandError(f"Aborting password change for user '{player}' after {TRIES} attempts")

    def _ask(self, prompt: str) -> str:
        return str(self._get_pass(prompt))  # type: ignore[attr-defined]  # the stubs leave it out
