"""What a trade does to its market: the one place outside the cycle that changes a market's cash."""

from __future__ import annotations

from django.db.models import F
from django.db.models.functions import Greatest, Least

from markets.models import Market


def fill_from_market(*, market: Market, cash_change_micro: int, shares_change_micro: int) -> None:
    """Move cash and shares between a market and a player, for a market that the caller has locked.

    Positive cash flows into the market (a buy), and so do its shares out to players: `shares_change_micro` is how many
    more players hold. The bar under way follows. Raises IntegrityError where the curve's bounds would break.
    """
    cash_after = F("cash_micro") + cash_change_micro
    Market.objects.filter(pk=market.pk).update(
        cash_micro=cash_after,
        shares_held_micro=F("shares_held_micro") + shares_change_micro,
        bar_high_micro=Greatest("bar_high_micro", cash_after),
        bar_low_micro=Least("bar_low_micro", cash_after),
        bar_volume_micro=F("bar_volume_micro") + abs(cash_change_micro),
    )
