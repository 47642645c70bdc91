"""The order ticket of the market's page, and the quote that follows typing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from attention.biomes import Biome
from core.errors import (
    AmountTooSmall,
    DomainError,
    InsufficientFunds,
    InsufficientShares,
    PriceMoved,
    SoldOut,
    TradeTooLarge,
    TradingPaused,
)
from core.web.form_errors import operation_for, refuse, with_status
from core.web.rate_limits import limit_requests
from markets.biome_parameters import biome_or_404
from markets.money import BPS_WHOLE, micro_text, percent_text
from trading import payloads
from trading.ledger.posting import basis_of
from trading.models import Transaction
from trading.orders.buying_power import BuyingPower, buying_power_of, own_trade
from trading.orders.forms import ANY, PARTS, RECEIVE, SHARES, SPEND, TOLERANCES, QuoteForm, ToleranceField
from trading.positions import valued
from trading.pricing.quotes import Quote, Side, Size, limit_around

#: What of the address fills the ticket: /biome-market/ocean/?side=sell&shares=all
FILLED_BY = ("side", "by", "sell_by", "spend", "shares", "receive", "part", "tolerance")
ALL = "all"

_SHARES_BRING_LESS = "Your shares here bring less than that."

# Refusals that the ticket shows beside the amount.
_OF_AMOUNT = (AmountTooSmall, InsufficientFunds, InsufficientShares, SoldOut, TradeTooLarge)


@dataclass(frozen=True, slots=True)
class OrderTicket:
    """The content of the ticket. Numbers as decimal strings."""

    power: BuyingPower
    form: QuoteForm
    is_guest: bool
    operation: UUID
    size: Size | None = None
    quote: Quote | None = None
    refusal: DomainError | None = None
    done: Transaction | None = None
    is_repeat: bool = False

    @property
    def biome(self) -> Biome:
        """Return the market's biome."""
        return Biome(self.power.market.biome)

    @property
    def typed(self) -> dict[str, str]:
        """Return the text of the inputs, by field: as typed, or the requested part as an amount."""
        values = {name: str(self.form[name].value() or "") for name in self.form.fields}
        return values | ({self.form.sized_by: self.fill} if self.fill else {})

    @property
    def fill(self) -> str:
        """Return the requested part, as an amount for the input."""
        if self.size is None or self.form.part_asked is None:
            return ""
        return micro_text(self.size.micro)

    @property
    def figures(self) -> dict[str, Any] | None:
        """Return the quote, and the balance after it."""
        if self.quote is None:
            return None
        change = -self.quote.total_micro if self.quote.side is Side.BUY else self.quote.total_micro
        return payloads.quote_json(self.quote) | {
            "balance_after": micro_text(self.power.balance_micro + change),
            "gain": self._gain,
        }

    @property
    def _gain(self) -> str | None:
        """Return the gain of the sale against the cost of the shares sold; None for more than is held."""
        assert self.quote is not None
        holding, sold_micro = self.power.holding, self.quote.shares_micro
        if holding is None or holding.shares_micro < sold_micro:
            return None
        basis_micro = basis_of(cost_micro=holding.cost_micro, held_micro=holding.shares_micro, sold_micro=sold_micro)
        return micro_text(self.quote.total_micro - basis_micro)

    @property
    def limit(self) -> dict[str, str]:
        """Return the worst fill within the tolerance, under the one name that applies."""
        tolerance_bps = self.form.cleaned_data.get("tolerance") if self.form.is_bound else None
        if self.quote is None or self.size is None or tolerance_bps is None:
            return {}
        limit = limit_around(self.quote, self.size, tolerance_bps=tolerance_bps)
        return {name.removesuffix("_micro"): micro_text(worst) for name, worst in asdict(limit).items() if worst}

    @property
    def is_large(self) -> bool:
        """Return whether the trade moves the price so far that it needs to be confirmed."""
        return self.quote is not None and moves_far(self.quote)

    @property
    def balance(self) -> str:
        """Return the BDT that can be spent."""
        return micro_text(self.power.balance_micro)

    @property
    def position(self) -> dict[str, Any] | None:
        """Return the player's position in this market; None before the first buy."""
        return payloads.position_json(valued(self.power.holding)) if self.power.holding else None

    @property
    def fee_percent(self) -> str:
        """Return the trade fee in percent."""
        return percent_text(self.power.version.trade_fee_bps)

    @property
    def tolerances(self) -> list[tuple[str, str, bool]]:
        """Return the tolerances to choose from: value, label, and whether it is chosen.

        The player's own is among them.
        """
        chosen = self.typed["tolerance"]
        bps = self.form.cleaned_data.get("tolerance") if self.form.is_bound else _bps_or_none(chosen)
        offered = [(str(percent), f"{percent} %", bps == percent * 100) for percent in TOLERANCES]
        if bps is not None and not any(is_chosen for *_, is_chosen in offered):
            offered.insert(0, (chosen, f"{bps / 100:g} %", True))
        return [*offered, (ANY, "Any", chosen == ANY)]

    @property
    def words(self) -> dict[str, str]:
        """Return, by code, the messages of refused amounts, which the page shows while one types."""
        said = {refusal.code: refusal.message for refusal in (*_OF_AMOUNT, TradingPaused)}
        return said | {"insufficient_receive": _SHARES_BRING_LESS}

    @property
    def large_impact_bps(self) -> int:
        """Return the price impact, in basis points, from which on a trade needs a confirmation."""
        return int(settings.LARGE_IMPACT_BPS)

    @property
    def seen_cash_micro(self) -> int:
        """Return the market's cash at this quote, which the form sends back with the order."""
        return self.power.market.cash_micro

    @property
    def result(self) -> dict[str, Any] | None:
        """Return the executed trade; of a sale, with its gain."""
        if self.done is None:
            return None
        told = payloads.trade_json(self.done)
        if self.done.basis_micro is not None:
            told["gain"] = micro_text(self.done.amount_micro - self.done.fee_micro - self.done.basis_micro)
        return told

    @property
    def parts(self) -> tuple[int, ...]:
        """Return the percentages to choose from."""
        return PARTS


def ticket_of(request: HttpRequest, biome: Biome) -> OrderTicket:
    """Return the order ticket of the page, filled as the address asks, or empty.

    Raises ServiceUnavailable before the markets are opened.
    """
    return quoted(request, buying_power_for(request, biome), _asked_form(request), done=_done(request, biome))


@require_safe
@never_cache
@limit_requests
def quote(request: HttpRequest, biome: str) -> HttpResponse:
    """Show the fragment that follows typing: the quote, the errors, and the requested part as an amount."""
    ticket = quoted(request, buying_power_for(request, biome_or_404(biome)), _asked_form(request))
    response = render(request, "trading/order_ticket_quote.html", {"ticket": ticket})
    return with_status(response, ticket.form, ticket.refusal)


def quoted(
    request: HttpRequest,
    power: BuyingPower,
    form: QuoteForm,
    *,
    refusal: DomainError | None = None,
    done: Transaction | None = None,
    is_repeat: bool = False,
) -> OrderTicket:
    """Return the ticket with the quote for its form's order; refusals stand beside the fields.

    `refusal` is one that the form shows already; `done` the trade to show, `is_repeat` when it was executed before.
    """
    is_guest = request.user.pk is None
    size, quote, problem = _quoted(power, form, is_guest=is_guest)
    if refusal is None and problem is not None:
        refusal = problem
        refuse_order(form, power, problem)
    return OrderTicket(power, form, is_guest, operation_for(form, refusal), size, quote, refusal, done, is_repeat)


def blank_form(request: HttpRequest, **kept: str) -> QuoteForm:
    """Return an empty form, but for the `kept` fields and the player's own tolerance."""
    return QuoteForm(initial=_defaults(request) | kept)


def buying_power_for(request: HttpRequest, biome: Biome) -> BuyingPower:
    """Return the market with the money and shares of the visitor."""
    return buying_power_of(biome=biome, player_id=request.user.pk)


def refuse_order(form: QuoteForm, power: BuyingPower, refusal: DomainError) -> None:
    """Show a refusal beside the amount where it is about that, else beside the field it names, else above all."""
    if isinstance(refusal, TradeTooLarge | SoldOut) and form.size is not None:
        refusal.detail = _at_most(form.size, power)
    if isinstance(refusal, InsufficientShares) and form.sized_by == RECEIVE:
        refusal.detail = _SHARES_BRING_LESS
    if isinstance(refusal, PriceMoved):
        refusal.detail = "The price moved further than you allow, so nothing was traded."
    refuse(form, refusal, beside=form.sized_by if isinstance(refusal, _OF_AMOUNT) else None)


def moves_far(quote: Quote) -> bool:
    """Return whether a trade moves the price so far that the player must confirm it."""
    return bool(abs(quote.impact) * BPS_WHOLE >= settings.LARGE_IMPACT_BPS)


def _asked_form(request: HttpRequest) -> QuoteForm:
    asked = {name: request.GET[name] for name in FILLED_BY if name in request.GET}
    if not asked:
        return blank_form(request)
    if asked.get("shares") == ALL:
        asked |= {"shares": "", "by": SHARES, "part": "100"}
    if "by" not in asked and "shares" in asked:
        asked["by"] = SHARES
    form = QuoteForm(_defaults(request) | asked)
    form.full_clean()
    return form


def _defaults(request: HttpRequest) -> dict[str, str]:
    player = request.user if isinstance(request.user, User) else User()
    tolerance = percent_text(player.default_tolerance_bps)
    return {"side": Side.BUY, "by": SPEND, "sell_by": SHARES, "tolerance": tolerance}


def _bps_or_none(percent: str) -> int | None:
    try:
        return ToleranceField().clean(percent)
    except ValidationError:
        return None


def _quoted(
    power: BuyingPower, form: QuoteForm, *, is_guest: bool
) -> tuple[Size | None, Quote | None, DomainError | None]:
    """Return the form's size, its quote, and its refusal, of which insufficient money or shares comes first."""
    size = quote = problem = None
    try:
        size = size_of(form, power)
        quote = power.quote(size) if size else None
    except DomainError as refusal:
        problem = refusal
    if size is None or is_guest or isinstance(problem, TradingPaused):
        return size, quote, problem
    try:
        power.check_means(size, quote)
    except DomainError as refusal:
        problem = refusal
    return size, quote, problem


def _at_most(size: Size, power: BuyingPower) -> str:
    most = Decimal(micro_text(power.most(size)))
    if size.receive_micro is not None:
        return f"At most {most.quantize(Decimal('0.01'), ROUND_FLOOR):,} BDT from one sale."
    # Rounded down, so that it can be typed.
    if size.spend_micro is not None:
        return f"At most {most.quantize(Decimal('0.01'), ROUND_FLOOR):,} BDT in one trade."
    return f"At most {most.quantize(Decimal('0.0001'), ROUND_FLOOR):,} shares in one trade."


def size_of(form: QuoteForm, power: BuyingPower) -> Size | None:
    """Return the size that the form asks for; None where it names none. Raises what `BuyingPower.part` raises."""
    if form.part_asked is None or "side" in form.errors:
        return power.meant(form.size) if form.size else None
    return power.part(form.cleaned_data["side"], by_shares=form.sized_by == SHARES, percent=form.part_asked)


def _done(request: HttpRequest, biome: Biome) -> Transaction | None:
    """Return the player's own trade that the address names, to which browsers without scripts are redirected."""
    try:
        operation = UUID(request.GET.get("traded", ""))
    except ValueError:
        return None
    return own_trade(player_id=request.user.pk, biome=biome, operation=operation) if request.user.pk else None
