"""The operator, who is where the exchange's database is, and gives smoke's players what strangers get by mail only."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import uuid4

from django.utils import timezone

from accounts.mail.verification import verify_by_command
from accounts.models import User
from markets.money import MICRO
from operations.smoke.visit import REASON, Visit
from trading.wallets.wallets import top_up

#: What the administrator has to be allowed in whose name it is done.
POWERS = ("accounts.verify_player", "trading.move_outside_money")


@dataclass(frozen=True, slots=True)
class Operator:
    """Acts at the database, in an administrator's name: the administration's log and the ledger tell of it."""

    administrator: User

    def top_up(self, visit: Visit, amount_bdt: Decimal) -> None:
        """Bring money into the player's wallet."""
        top_up(
            operation=uuid4(),
            initiator_id=self.administrator.pk,
            player_id=User.objects.get_by_natural_key(visit.username).pk,
            amount_micro=int(amount_bdt * MICRO),
            reason=REASON,
            now=timezone.now(),
        )

    def verify(self, visit: Visit) -> bool:
        """Take the address for the player's own."""
        player = User.objects.get_by_natural_key(visit.username)
        verify_by_command(player=player, administrator=self.administrator, reason=REASON, now=timezone.now())
        return True
