from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.mail.verification import verify_by_command
from accounts.management.administrators import administrator_who_may
from accounts.models import User


class Command(BaseCommand):
    help = "Take a player's address for their own, where no mail reaches it; the administration's log tells of it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="the player")
        parser.add_argument("--by", required=True, metavar="ADMINISTRATOR", help="in whose name")
        parser.add_argument("--reason", required=True, help="as the log will tell it")

    def handle(self, *, username: str, by: str, reason: str, **options: Any) -> None:
        if not reason.strip():
            raise CommandError("--reason says nothing.")
        administrator = administrator_who_may(by, "accounts.verify_player")
        player = User.objects.named(username).filter(is_active=True).first()
        if player is None:
            raise CommandError(f"There is no active account {username!r}.")
        if player.verified_at is not None:
            self.stdout.write(f"The address of {player} is verified already.")
            return
        verify_by_command(player=player, administrator=administrator, reason=reason.strip(), now=timezone.now())
        self.stdout.write(f"The address of {player} is verified.")
