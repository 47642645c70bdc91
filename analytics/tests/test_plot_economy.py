"""The plots of administrators have exact coordinates."""

from datetime import UTC, datetime, timedelta

import pytest

from analytics.economy.charts import Mark, cash_bands, hour_bars, short_text
from analytics.economy.hourly_totals import Flow
from analytics.economy.overview import CashAt
from attention.biomes import Biome

BDT = 1_000_000
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_bands_stand_on_one_another_the_first_biome_on_top():
    history = [CashAt(NOON, (10 * BDT,) * 7), CashAt(NOON + 4 * HOUR, (30 * BDT, *(5 * BDT,) * 6))]
    plot = cash_bands(history)

    assert plot.amounts == [Mark("66.67%", "25"), Mark("33.33%", "50"), Mark("0.00%", "75")]
    assert plot.times == [Mark("0%", "12:00"), Mark("25%", "13:00"), Mark("50%", "14:00"), Mark("75%", "15:00")]
    assert [band.biome for band in plot.bands] == list(Biome)
    ocean, snow = plot.bands[0], plot.bands[-1]
    # 70 of 75 at the start and 60 at the end, down to 60 and 30.
    assert ocean.outline == "M0,66.7 1000,200.0 L1000,600.0 0,200.0Z"
    assert ocean.name_place == "40.00%"
    assert snow.outline == "M0,866.7 1000,933.3 L1000,1000.0 0,1000.0Z"
    assert snow.name_place == "96.67%"


def test_a_thin_band_has_no_name_on_it():
    [_, *others] = cash_bands([CashAt(NOON, (94 * BDT, *(BDT,) * 6))]).bands
    assert [band.name_place for band in others] == [None] * 6


def test_bars_are_as_high_as_their_amounts():
    hours = {NOON + HOUR * number: Flow(fees_micro=number * BDT) for number in range(4)}
    plot = hour_bars(hours, "fees_micro")

    assert plot.whole_micro == 6 * BDT
    assert plot.amounts == [Mark("66.67%", "1"), Mark("33.33%", "2"), Mark("0.00%", "3")]
    assert plot.times == [Mark("0%", "12:00"), Mark("25%", "13:00"), Mark("50%", "14:00"), Mark("75%", "15:00")]
    first, second, _, last = plot.bars
    assert (second.left, second.width, second.top, second.height) == ("27.50%", "20.00%", "66.67%", "33.33%")
    assert (first.height, first.amount_micro) == ("0.00%", 0)
    assert [bar.is_under_way for bar in (first, second, last)] == [False, False, True]
    assert last.opened_at == NOON + 3 * HOUR


def test_a_day_without_anything_is_drawn_too():
    plot = hour_bars({NOON + HOUR * number: Flow() for number in range(24)}, "volume_micro")
    assert {bar.height for bar in plot.bars} == {"0.00%"}


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0.5, "0.5"), (0, "0"), (999, "999"), (1_000, "1 k"), (2_500_000, "2.5 M"), (3e9, "3 B"), (1.5e12, "1.5 T")],
)
def test_amounts_beside_a_plot_are_short(amount, text):
    assert short_text(amount) == text


@pytest.mark.parametrize(
    ("most", "top"), [(0, "3"), (3 * BDT + 1, "4.5"), (900 * BDT, "900"), (901 * BDT, "1.2 k"), (10**15, "1.2 B")]
)
def test_the_scale_is_round_and_holds_the_most(most, top):
    assert hour_bars({NOON + HOUR * n: Flow(fees_micro=most) for n in range(4)}, "fees_micro").amounts[-1].text == top
