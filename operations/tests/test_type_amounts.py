"""Every field of a page for an amount, shares, percent or a price accepts it as people type it."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.test import Client

from accounts.forms import PreferencesForm
from accounts.models import User
from marketplace.forms import BidForm, BuyForm, OfferForm, PriceForm, SearchForm
from markets.admin_forms import ChangeSettingsForm
from trading.admin_forms import OutsideMoneyForm
from trading.orders.forms import QuoteForm
from trading.wallets.forms import TransferForm

MICRO = 1_000_000
#: What is typed, the thousandths it means.
TYPED = {
    "0,5": 500,
    "1.5": 1_500,
    "+2": 2_000,
    " 3 ": 3_000,
    "\u0661\u066b\u0665": 1_500,
    "\uff14": 4_000,
    "\u09eb": 5_000,
    "1 000": 1_000_000,
    "1\u202f000,25": 1_000_250,
    "1,000.50": 1_000_500,
    "1.000,50": 1_000_500,
    "1,00,000.50": 100_000_500,
    "1\u2019000 BDT": 1_000_000,
}
FIELDS: list[tuple[type[forms.Form], str]] = [
    (BidForm, "max"),
    (BuyForm, "most"),
    (PriceForm, "price"),
    (OfferForm, "price"),
    (OfferForm, "reserve"),
    (OfferForm, "buy_now"),
    (SearchForm, "least"),
    (SearchForm, "most"),
    (TransferForm, "amount"),
    (OutsideMoneyForm, "amount"),
]


@pytest.mark.parametrize(("form", "name"), FIELDS, ids=[f"{form.__name__} {name}" for form, name in FIELDS])
class TestAmounts:
    def test_as_people_type_them(self, form: type[forms.Form], name: str) -> None:
        field = form.base_fields[name]

        assert [field.clean(typed) for typed in TYPED] == [thousandths * 1_000 for thousandths in TYPED.values()]

    def test_refuse_what_could_be_two(self, form: type[forms.Form], name: str) -> None:
        assert refusal_of(form.base_fields[name], "1,000") == (
            "ambiguous_amount",
            "1,000 can be read in two ways. Write 1000 or 1.000.",
        )

    def test_have_the_keypad_with_a_decimal_sign(self, form: type[forms.Form], name: str) -> None:
        widget = form.base_fields[name].widget

        assert widget.is_hidden or widget.attrs["inputmode"] == "decimal"


@pytest.mark.parametrize(("by", "side"), [("spend", "buy"), ("shares", "buy"), ("shares", "sell")])
def test_orders(by: str, side: str) -> None:
    for typed, thousandths in TYPED.items():
        form = QuoteForm({"side": side, "by": by, by: typed, "tolerance": "5"})
        assert form.is_valid(), (typed, form.errors)
        assert form.size is not None
        assert (form.size.spend_micro or form.size.shares_micro) == thousandths * 1_000


@pytest.mark.parametrize(
    ("typed", "bps"),
    [
        ("2,5", 250),
        ("2.5", 250),
        ("2,5 %", 250),
        ("2.5%", 250),
        ("\u0662\u066b\u0665\u066a", 250),
        ("+5", 500),
        ("0", 0),
    ],
)
def test_percent(typed: str, bps: int) -> None:
    for field in (QuoteForm.base_fields["tolerance"], PreferencesForm.base_fields["default_tolerance_bps"]):
        assert field.clean(typed) == bps


def test_settings_of_the_economy() -> None:
    assert ChangeSettingsForm.base_fields["max_move_bps"].clean("2,5") == 250
    assert ChangeSettingsForm.base_fields["price_floor_micro"].clean("0,5") == MICRO // 2
    assert ChangeSettingsForm.base_fields["attention_budget_points"].clean("10 000") == 10_000


@pytest.mark.django_db
def test_words_stand_beside_the_field(alice: User, markets: object) -> None:
    browser = Client()
    browser.force_login(alice)
    order = {"side": "buy", "by": "spend", "spend": "1,000", "tolerance": "5"}

    reply = browser.get("/biome-market/ocean/quote/", order)

    assert "ambiguous_amount" in reply.content.decode()
    assert "Write 1000 or 1.000." in reply.content.decode()


def refusal_of(field: forms.Field, typed: Any) -> tuple[str, str]:
    with pytest.raises(forms.ValidationError) as refusal:
        field.clean(typed)
    return refusal.value.code, refusal.value.message
