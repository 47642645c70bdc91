from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from markets.money import fee_of, micro_text, net_of_fee, percent_text, price_text, ratio_text, to_micro

MOST = 2**63 - 1


@pytest.mark.parametrize(
    ("micro", "text"),
    [
        (0, "0.00"),
        (1, "0.000001"),
        (10, "0.00001"),
        (1_000_000, "1.00"),
        (1_500_000, "1.50"),
        (1_234_567, "1.234567"),
        (100_000_000_000_000, "100000000.00"),
        (MOST, "9223372036854.775807"),
        (-1, "-0.000001"),
        (-1_500_000, "-1.50"),
    ],
)
def test_text_of_micro_units(micro: int, text: str) -> None:
    assert micro_text(micro) == text
    assert to_micro(Decimal(text)) == micro


@given(st.integers(-MOST, MOST))
def test_text_reads_back_as_the_same_micro_units(micro: int) -> None:
    assert to_micro(Decimal(micro_text(micro))) == micro


@pytest.mark.parametrize("text", ["100", "100.0", "100.000000", "1E+2", "100.000000000"])
def test_the_same_amount_written_differently(text: str) -> None:
    assert to_micro(Decimal(text)) == 100_000_000


@pytest.mark.parametrize(
    "text",
    [
        "0.0000001",
        "1.2345678",
        "-0.0000001",
        # More digits than the decimal context of a caller keeps.
        "1.0000000000000000000000000000000000001",
        "1000000000000000000000000.0000001",
        "1E-999999",
        "1E+999999",
        "NaN",
        "sNaN",
        "Infinity",
        "-Infinity",
    ],
)
def test_what_is_no_whole_number_of_micro_units_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"decimal places|NaN"):
        to_micro(Decimal(text))


@pytest.mark.parametrize(
    ("price", "text"),
    [
        (Fraction(100), "100.00"),
        (Fraction(1, 3), "0.333333"),
        (Fraction(2, 3), "0.666667"),
        (Fraction(5, 10**7), "0.00"),
        (Fraction(15, 10**7), "0.000002"),
        (Fraction(694, 7), "99.142857"),
    ],
)
def test_text_of_a_price_is_rounded_half_to_even(price: Fraction, text: str) -> None:
    assert price_text(price) == text


@pytest.mark.parametrize(
    ("bps", "text"), [(0, "0.00"), (1, "0.01"), (200, "2.00"), (2_500, "25.00"), (10_000, "100.00")]
)
def test_text_of_basis_points(bps: int, text: str) -> None:
    assert percent_text(bps) == text


@pytest.mark.parametrize(
    ("amount", "bps", "fee"),
    [(0, 200, 0), (1, 200, 1), (50, 200, 1), (51, 200, 2), (100_000_000, 200, 2_000_000), (7, 0, 0), (7, 10_000, 7)],
)
def test_fee(amount: int, bps: int, fee: int) -> None:
    assert fee_of(amount, bps) == fee


@given(amount=st.integers(0, 10**18), bps=st.integers(0, 10_000))
def test_fee_is_rounded_up_and_within_the_amount(amount: int, bps: int) -> None:
    exact = Fraction(amount * bps, 10_000)
    assert exact <= fee_of(amount, bps) < exact + 1
    assert fee_of(amount, bps) <= amount


@pytest.mark.parametrize(
    ("gross", "bps", "net"),
    [(0, 200, 0), (1, 200, 0), (2, 200, 1), (102_000_000, 200, 100_000_000), (7, 0, 7), (7, 10_000, 3)],
)
def test_net_of_a_gross_amount(gross: int, bps: int, net: int) -> None:
    assert net_of_fee(gross, bps) == net


@given(gross=st.integers(0, 10**18), bps=st.integers(0, 10_000))
@example(gross=10**18, bps=10_000)
def test_net_is_the_largest_that_fits_with_its_fee(gross: int, bps: int) -> None:
    net = net_of_fee(gross, bps)
    assert net + fee_of(net, bps) <= gross
    assert net + 1 + fee_of(net + 1, bps) > gross


@given(st.integers(0, MOST), st.integers(1, MOST))
@example(1, 2_000_000)
@example(3, 2_000_000)
@example(5, 2_000_000)
def test_a_ratio_is_the_text_of_the_fraction(part: int, whole: int) -> None:
    assert ratio_text(part, whole) == price_text(Fraction(part, whole))
