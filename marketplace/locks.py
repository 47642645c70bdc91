"""The app's row locks, the only place that takes any. Everywhere: Listing, Land, Wallet, Holding, Market; keys
ascending.

Every helper evaluates at once and returns rows, for a lazy locked queryset locks nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from core.errors import AccountClosed
from marketplace.models import Land, Listing
from trading.models import Wallet
from trading.wallets.wallets import wallets_for_writing


def listing_locked(listing_id: int) -> Listing:
    """Lock a listing until the transaction ends. Raises Listing.DoesNotExist."""
    return Listing.objects.select_for_update(of=("self",), no_key=True).get(pk=listing_id)


def ended_listing_claimed(now: datetime, *, besides: Collection[int] = ()) -> Listing | None:
    """Lock the active listing that ended first, except those in `besides`; None when other workers hold all that is
    left.
    """
    active = Listing.objects.filter(status=Listing.Status.ACTIVE, ends_at__lte=now).exclude(pk__in=besides)
    locked = active.select_for_update(of=("self",), no_key=True, skip_locked=True)
    return locked.order_by("ends_at", "pk").first()


def land_locked(land_id: int) -> Land:
    """Lock a parcel until the transaction ends, so that listing, buying and giving it wait.

    Raises Land.DoesNotExist.
    """
    return Land.objects.select_for_update(of=("self",), no_key=True).get(pk=land_id)


def players_wallets_locked(player_ids: Iterable[int], *, now: datetime) -> dict[int, Wallet]:
    """Lock players' wallets in ascending key, opened where there were none, by player id."""
    return wallets_for_writing(player_ids=player_ids, now=now)


def require_open_account(wallet: Wallet) -> Wallet:
    """Return the wallet if its player's account is open. Raises AccountClosed."""
    if not wallet.player.is_active:
        raise AccountClosed
    return wallet
