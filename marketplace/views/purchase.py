"""The part of a parcel's page for buying it from the world."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.http import HttpRequest

from accounts.models import User
from accounts.requests import player_of
from marketplace.land_forms import BuyParcelForm, at_most
from marketplace.models import Land
from marketplace.pricing.land_prices import base_price, weight_of
from marketplace.sales.limits import takes_large_part
from markets.economic_settings import current_settings
from markets.models import Market
from markets.money import micro_text
from trading.orders.forms import ANY, TOLERANCES
from trading.wallets.wallets import wallet_or_empty


@dataclass(frozen=True, slots=True)
class Purchase:
    """The content of that part, for a guest or a player. Amounts as decimal strings."""

    form: BuyParcelForm
    price_micro: int
    rate: int
    default_bps: int
    balance_micro: int | None = None

    @property
    def price(self) -> str:
        """Return the world's asking price now."""
        return micro_text(self.price_micro)

    @property
    def tolerance(self) -> str:
        """Return the chosen tolerance: percent, or any."""
        return str(self.form["tolerance"].value() or "") if self.form.is_bound else _percent(self.default_bps)

    @property
    def tolerances(self) -> list[tuple[str, str, bool]]:
        """Return each tolerance's value, words and whether it is chosen; the player's own is among them."""
        percents = sorted({*map(str, TOLERANCES), _percent(self.default_bps)}, key=Decimal)
        choices = [*((percent, f"{percent} %") for percent in percents), (ANY, "Any")]
        return [(value, words, value == self.tolerance) for value, words in choices]

    @property
    def worst(self) -> str:
        """Return the most that would be paid; empty for any price."""
        bps: int | None = self.form.cleaned_data.get("tolerance") if self.form.is_bound else self.default_bps
        return "" if bps is None else micro_text(at_most(self.price_micro, bps))

    @property
    def balance(self) -> str:
        """Return BDT that the player can spend; empty for a guest."""
        return "" if self.balance_micro is None else micro_text(self.balance_micro)

    @property
    def is_affordable(self) -> bool:
        """Return whether the balance is enough."""
        return self.balance_micro is not None and self.balance_micro >= self.price_micro

    @property
    def left(self) -> str:
        """Return the balance after the purchase, or the amount missing."""
        return micro_text(abs((self.balance_micro or 0) - self.price_micro))

    @property
    def needs_word(self) -> bool:
        """Return whether it takes so much of the balance that a confirmation is required."""
        return self.balance_micro is not None and takes_large_part(self.price_micro, self.balance_micro)


def purchase_of(request: HttpRequest, land: Land, form: BuyParcelForm) -> Purchase:
    """Return the purchase for the visitor. Three queries."""
    version, market = current_settings(), Market.objects.get(pk=land.market_id)
    price_micro = base_price(market=market, version=version, elevation_m=land.elevation_m)
    rate = weight_of(biome=land.market_id, version=version, elevation_m=land.elevation_m)
    if not request.user.is_authenticated:
        return Purchase(form, price_micro, rate, User().default_tolerance_bps)
    player = player_of(request)
    balance_micro = wallet_or_empty(player_id=player.pk).balance_micro
    return Purchase(form, price_micro, rate, player.default_tolerance_bps, balance_micro)


def _percent(bps: int) -> str:
    return f"{Decimal(bps).scaleb(-2).normalize():f}"
