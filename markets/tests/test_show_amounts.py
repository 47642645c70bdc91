"""Pages show numbers with their units, exact on hover."""

import pytest

from markets.templatetags.amounts import EN_DASH, MINUS, compact, gain, percent, price_change


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
