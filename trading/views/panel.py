"""The trade panel: what the market page includes, and the quote that follows what is typed into it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from attention.biomes import Biome
from config.errors import (
    AmountTooSmall,
    DomainError,
    InsufficientFunds,
    InsufficientShares,
    PriceMoved,
    SoldOut,
    TradeTooLarge,
    TradingPaused,
)
from config.page_forms import operation_for, refuse, with_status
from config.throttles import limit_requests
from markets.models import BPS_WHOLE
from markets.money import micro_text, percent_text
from trading import wire
from trading.desk import Desk, desk_of, own_trade
from trading.ledger import basis_of
from trading.models import Transaction
from trading.order_forms import ANY, PARTS, RECEIVE, SHARES, SPEND, TOLERANCES, QuoteForm, ToleranceField
from trading.portfolio import valued
from trading.quotes import Quote, Side, Size, limit_around
from trading.views.biomes import biome_or_404

#: What of the address fills the panel: /biome-market/ocean/?side=sell&shares=all
FILLED_BY = ("side", "by", "sell_by", "spend", "shares", "receive", "part", "tolerance")
ALL = "all"

_SHARES_BRING_LESS = "Your shares here bring less than that."

# Refusals that the panel shows beside the amount.
_OF_AMOUNT = (AmountTooSmall, InsufficientFunds, InsufficientShares, SoldOut, TradeTooLarge)


@dataclass(frozen=True, slots=True)
class Panel:
    """All that the panel shows. Numbers as decimal strings."""

    desk: Desk
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
        """The market's."""
        return Biome(self.desk.market.biome)

    @property
    def typed(self) -> dict[str, str]:
        """What stands in the inputs, by field: as it was typed, or the part that was asked for."""
        values = {name: str(self.form[name].value() or "") for name in self.form.fields}
        return values | ({self.form.sized_by: self.fill} if self.fill else {})

    @property
    def fill(self) -> str:
        """The part that was asked for, as an amount for the input."""
        if self.size is None or self.form.part_asked is None:
            return ""
        return micro_text(self.size.micro)

    @property
    def figures(self) -> dict[str, Any] | None:
        """The quote, and the balance after it."""
        if self.quote is None:
            return None
        change = -self.quote.total_micro if self.quote.side is Side.BUY else self.quote.total_micro
        return wire.quote_json(self.quote) | {
            "balance_after": micro_text(self.desk.balance_micro + change),
            "gain": self._gain,
        }

    @property
    def _gain(self) -> str | None:
        """What the sale would gain against the cost of the shares sold; None for what is not held."""
        assert self.quote is not None
        holding, sold_micro = self.desk.holding, self.quote.shares_micro
        if holding is None or holding.shares_micro < sold_micro:
            return None
        basis_micro = basis_of(cost_micro=holding.cost_micro, held_micro=holding.shares_micro, sold_micro=sold_micro)
        return micro_text(self.quote.total_micro - basis_micro)

    @property
    def limit(self) -> dict[str, str]:
        """The worst fill that the tolerance lets through, under the one name that applies."""
        tolerance_bps = self.form.cleaned_data.get("tolerance") if self.form.is_bound else None
        if self.quote is None or self.size is None or tolerance_bps is None:
            return {}
        limit = limit_around(self.quote, self.size, tolerance_bps=tolerance_bps)
        return {name.removesuffix("_micro"): micro_text(worst) for name, worst in asdict(limit).items() if worst}

    @property
    def is_large(self) -> bool:
        """Whether the trade moves the price so far that it needs to be confirmed."""
        return self.quote is not None and moves_far(self.quote)

    @property
    def balance(self) -> str:
        """BDT that can be spent."""
        return micro_text(self.desk.balance_micro)

    @property
    def position(self) -> dict[str, Any] | None:
        """What the player holds here; None before the first buy."""
        return wire.position_json(valued(self.desk.holding)) if self.desk.holding else None

    @property
    def fee_percent(self) -> str:
        """The trade fee."""
        return percent_text(self.desk.version.trade_fee_bps)

    @property
    def tolerances(self) -> list[tuple[str, str, bool]]:
        """How far the price may move, to choose: value, label, and whether it is chosen. The player's own is one."""
        chosen = self.typed["tolerance"]
        bps = self.form.cleaned_data.get("tolerance") if self.form.is_bound else _bps_or_none(chosen)
        offered = [(str(percent), f"{percent} %", bps == percent * 100) for percent in TOLERANCES]
        if bps is not None and not any(is_chosen for *_, is_chosen in offered):
            offered.insert(0, (chosen, f"{bps / 100:g} %", True))
        return [*offered, (ANY, "Any", chosen == ANY)]

    @property
    def words(self) -> dict[str, str]:
        """By code, the words for an amount that the exchange would refuse: the page says them while one types."""
        said = {refusal.code: refusal.message for refusal in (*_OF_AMOUNT, TradingPaused)}
        return said | {"insufficient_receive": _SHARES_BRING_LESS}

    @property
    def large_impact_bps(self) -> int:
        """The impact from which on a trade needs a second word."""
        return int(settings.LARGE_IMPACT_BPS)

    @property
    def seen_cash_micro(self) -> int:
        """The market's cash at this quote: it comes back with the order."""
        return self.desk.market.cash_micro

    @property
    def result(self) -> dict[str, Any] | None:
        """The trade that was carried out; of a sale, what it gained."""
        if self.done is None:
            return None
        told = wire.trade_json(self.done)
        if self.done.basis_micro is not None:
            told["gain"] = micro_text(self.done.amount_micro - self.done.fee_micro - self.done.basis_micro)
        return told

    @property
    def parts(self) -> tuple[int, ...]:
        """Percentages to choose."""
        return PARTS


def panel_of(request: HttpRequest, biome: Biome) -> Panel:
    """What `trading/panel.html` shows as `panel` on the page that includes it: filled as the address asks, or empty.

    Raises ServiceUnavailable before the markets are opened.
    """
    return quoted(request, desk_for(request, biome), _asked_form(request), done=_done(request, biome))


@require_safe
@never_cache
@limit_requests
def quote(request: HttpRequest, biome: str) -> HttpResponse:
    """The fragment that follows what is typed: the quote, what is wrong, and the part that was asked for."""
    panel = quoted(request, desk_for(request, biome_or_404(biome)), _asked_form(request))
    response = render(request, "trading/panel_quote.html", {"panel": panel})
    return with_status(response, panel.form, panel.refusal)


def quoted(
    request: HttpRequest,
    desk: Desk,
    form: QuoteForm,
    *,
    refusal: DomainError | None = None,
    done: Transaction | None = None,
    is_repeat: bool = False,
) -> Panel:
    """The panel, with the quote for what its form asks; what is refused of it stands beside the fields.

    `refusal` is one that the form shows already; `done` the trade to show, `is_repeat` when it was carried out before.
    """
    is_guest = request.user.pk is None
    size, quote, problem = _quoted(desk, form, is_guest=is_guest)
    if refusal is None and problem is not None:
        refusal = problem
        refuse_order(form, desk, problem)
    return Panel(desk, form, is_guest, operation_for(form, refusal), size, quote, refusal, done, is_repeat)


def blank_form(request: HttpRequest, **kept: str) -> QuoteForm:
    """An empty form, but for what is `kept` and the player's own tolerance."""
    return QuoteForm(initial=_defaults(request) | kept)


def desk_for(request: HttpRequest, biome: Biome) -> Desk:
    """The market, and what whoever asks has for it."""
    return desk_of(biome=biome, player_id=request.user.pk, now=timezone.now())


def refuse_order(form: QuoteForm, desk: Desk, refusal: DomainError) -> None:
    """Show a refusal beside the amount where it is about that, else beside the field it names, else above all."""
    if isinstance(refusal, TradeTooLarge | SoldOut) and form.size is not None:
        refusal.detail = _at_most(form.size, desk)
    if isinstance(refusal, InsufficientShares) and form.sized_by == RECEIVE:
        refusal.detail = _SHARES_BRING_LESS
    if isinstance(refusal, PriceMoved):
        refusal.detail = "The price moved further than you allow, so nothing was traded."
    refuse(form, refusal, beside=form.sized_by if isinstance(refusal, _OF_AMOUNT) else None)


def moves_far(quote: Quote) -> bool:
    """Whether a trade moves the price so far that the player must confirm it."""
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


def _quoted(desk: Desk, form: QuoteForm, *, is_guest: bool) -> tuple[Size | None, Quote | None, DomainError | None]:
    """What the form asks, what it would get, and what stands in its way: first that the player has too little."""
    size = quote = problem = None
    try:
        size = size_of(form, desk)
        quote = desk.quote(size) if size else None
    except DomainError as refusal:
        problem = refusal
    if size is None or is_guest or isinstance(problem, TradingPaused):
        return size, quote, problem
    try:
        desk.check_means(size, quote)
    except DomainError as refusal:
        problem = refusal
    return size, quote, problem


def _at_most(size: Size, desk: Desk) -> str:
    most = Decimal(micro_text(desk.most(size)))
    if size.receive_micro is not None:
        return f"At most {most.quantize(Decimal('0.01'), ROUND_FLOOR):,} BDT from one sale."
    # Rounded down, so that it can be typed.
    if size.spend_micro is not None:
        return f"At most {most.quantize(Decimal('0.01'), ROUND_FLOOR):,} BDT in one trade."
    return f"At most {most.quantize(Decimal('0.0001'), ROUND_FLOOR):,} shares in one trade."


def size_of(form: QuoteForm, desk: Desk) -> Size | None:
    """Return how much the form asks for; None where it does not say. Raises what `Desk.part` raises."""
    if form.part_asked is None or "side" in form.errors:
        return desk.meant(form.size) if form.size else None
    return desk.part(form.cleaned_data["side"], by_shares=form.sized_by == SHARES, percent=form.part_asked)


def _done(request: HttpRequest, biome: Biome) -> Transaction | None:
    """The player's own trade that the address names: where a browser without scripts is sent after it."""
    try:
        operation = UUID(request.GET.get("traded", ""))
    except ValueError:
        return None
    return own_trade(player_id=request.user.pk, biome=biome, operation=operation) if request.user.pk else None
