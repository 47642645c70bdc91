"""Pages show numbers with their units, exact on hover."""

import pytest
from django.utils.html import strip_tags

from markets.templatetags import amounts
from markets.templatetags.amounts import EN_DASH, MINUS, compact, gain, percent, price_change
from tests.node import recorded

AMOUNTS = ("0", "0.00", "0.005", "0.015", "1.005", "-2.5", "999.60", "-1234.567891", "8829", "999999.5", "100000000.00")
LARGE = ("9999999999.999999", "-1234567890123.456789")
PERCENTS = ("0", "0.004", "2.5", "-0.125", "1234.5")
PARTS = ("0", "0.125", "0.0005", "0.3333333", "1")
MICRO = ("0", "1", "-1", "1500000", "-1234567", "10000000", "9999999999999999999")
GIVEN = {
    "bdt": (*AMOUNTS, *LARGE),
    "shares": (*AMOUNTS, *LARGE),
    "compact": (*AMOUNTS, "1234567", "7000000000"),
    "direction": AMOUNTS,
    "gain": AMOUNTS,
    "gain_percent": PERCENTS,
    "percent": PARTS,
    "exact": MICRO,
}


def test_scripts_show_numbers_alike():
    """tests/js/numbers.test.js checks the same rows."""
    given = [(name, text) for name, texts in GIVEN.items() for text in texts]
    rows = [
        [name, text, strip_tags(getattr(amounts, name)(int(text) if name == "exact" else text))] for name, text in given
    ]

    assert recorded("shown_numbers.json", rows) == rows


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0.00", "0"),
        ("12.345", "+12.3"),
        ("-999.00", f"{MINUS}999"),
        ("999.60", "+1K"),
        ("-26900.00", f"{MINUS}26.9K"),
        ("1234567.00", "+1.23M"),
        ("100000000.00", "+100M"),
        ("7000000000.00", "+7B"),
    ],
)
def test_a_gain_in_three_figures(amount, shown):
    assert compact(amount) == shown


def test_a_part_is_told_in_percent():
    assert percent("0.125") == "12.5"


def test_a_live_gain_can_be_found_by_scripts():
    assert gain("-2.5", live="added") == (
        '<data class="change" data-direction="down" value="-2.5" title="-2.5 BDT"'
        f' data-live="added">▼ {MINUS}2.50</data>'
    )


def test_a_price_change_tells_the_price_that_it_goes_by():
    assert price_change("2.5", "80.00", age="5m") == (
        '<data class="change" data-direction="up" value="2.5" title="2.5 %"'
        ' data-live="change" data-age="5m" data-from="80.00">▲ +2.50 %</data>'
    )


def test_a_price_change_that_is_not_known_is_a_dash():
    assert price_change(None, None, age="24h") == (
        '<data class="change" value="" title="not known" data-live="change" data-age="24h" data-from="">'
        f"{EN_DASH}</data>"
    )
