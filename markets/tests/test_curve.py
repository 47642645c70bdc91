"""The curve against an independent reference: interval arithmetic on integers, with a bound for what it leaves out."""

from decimal import localcontext
from fractions import Fraction
from itertools import pairwise
from math import ceil

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from markets.curve import cost_of, proceeds_of, shares_for, shares_within

SHARES = 10**12
CASH = 10**14

_SCALE = 10**120
_TERMS = 70


def exp_bounds(exponent: Fraction) -> tuple[Fraction, Fraction]:
    """Return numbers below and above e^exponent that differ by less than 10^-90 of it. From the Taylor series."""
    times = max(1, ceil(exponent))
    small = exponent / times
    low = high = 0
    term_low = term_high = _SCALE
    for place in range(1, _TERMS + 1):
        low, high = low + term_low, high + term_high
        term_low = term_low * small.numerator // (small.denominator * place)
        term_high = -(-term_high * small.numerator // (small.denominator * place))
    high += 2 * term_high  # each term left out is less than half of the one before
    return Fraction(low, _SCALE) ** times, Fraction(high, _SCALE) ** times


def cost(cash: int, total: int, shares: int) -> int:
    return cost_of(cash_micro=cash, total_shares_micro=total, shares_micro=shares)


def proceeds(cash: int, total: int, shares: int) -> int:
    return proceeds_of(cash_micro=cash, total_shares_micro=total, shares_micro=shares)


def bought(cash: int, total: int, spend: int) -> int:
    return shares_for(cash_micro=cash, total_shares_micro=total, spend_micro=spend)


def within(cash: int, total: int, most: int) -> int:
    return shares_within(cash_micro=cash, total_shares_micro=total, proceeds_micro=most)


def sizes(largest: int) -> st.SearchStrategy[int]:
    """Draw whole numbers of every order of magnitude from 1 to `largest`, a power of ten."""
    powers = st.integers(0, len(str(largest)) - 2)
    return powers.flatmap(lambda power: st.integers(10**power, 10 ** (power + 1)))


@st.composite
def market_and_shares(draw: st.DrawFn) -> tuple[int, int, int]:
    """Draw a market's cash and total shares, sometimes at the lowest price floor, and shares to trade."""
    total = draw(sizes(10**13))
    cash = draw(st.one_of(sizes(10**18), st.just(total), st.just(max(1, total // 10**6))))
    return cash, total, draw(st.one_of(st.integers(0, total), st.integers(0, min(total, 1000))))


def test_reference_brackets_e() -> None:
    low, high = exp_bounds(Fraction(1))
    euler = "2718281828459045235360287471352662497757247093699959574966967627724076630353547594571382178525166427"
    assert str(int(low * 10**99)) == str(int(high * 10**99)) == euler


class TestCost:
    def test_of_a_thousand_shares_at_the_opening_price(self) -> None:
        # 10^14 * (e^0.001 - 1), and e^0.001 = 1.001000500166708341668...
        assert cost(CASH, SHARES, 1000 * 10**6) == 100_050_016_671

    def test_of_nothing_is_nothing(self) -> None:
        assert cost(CASH, SHARES, 0) == 0

    def test_of_one_micro_share_is_rounded_up(self) -> None:
        assert cost(CASH, SHARES, 1) == 101
        assert cost(SHARES, SHARES, 1) == 2
        assert cost(1, 10**13, 1) == 1

    @given(market_and_shares())
    @example((10**18, 10**13, 10**13))
    @example((10**18, 1, 1))
    @example((1, 1, 1))
    def test_is_the_least_whole_number_on_the_markets_side(self, market: tuple[int, int, int]) -> None:
        cash, total, shares = market
        low, high = exp_bounds(Fraction(shares, total))
        paid = cost(cash, total, shares)
        if shares:
            assert paid >= cash * (high - 1)
            assert paid - 1 < cash * (low - 1)
        else:
            assert paid == 0


class TestProceeds:
    def test_of_a_thousand_shares_at_the_opening_price(self) -> None:
        # 10^14 * (1 - e^-0.001), and e^-0.001 = 0.999000499833374991668...
        assert proceeds(CASH, SHARES, 1000 * 10**6) == 99_950_016_662

    def test_of_nothing_are_nothing(self) -> None:
        assert proceeds(CASH, SHARES, 0) == 0

    def test_of_one_micro_share_are_rounded_down(self) -> None:
        assert proceeds(CASH, SHARES, 1) == 99
        assert proceeds(SHARES, SHARES, 1) == 0
        assert proceeds(1, 1, 1) == 0

    @given(market_and_shares())
    @example((10**18, 10**13, 10**13))
    @example((10**18, 1, 1))
    @example((1, 1, 1))
    def test_are_the_largest_whole_number_on_the_markets_side(self, market: tuple[int, int, int]) -> None:
        cash, total, shares = market
        low, high = exp_bounds(Fraction(shares, total))
        got = proceeds(cash, total, shares)
        assert got < cash
        if shares:
            assert got <= cash * (1 - 1 / low)
            assert got + 1 > cash * (1 - 1 / high)
        else:
            assert got == 0


class TestSharesFor:
    def test_a_thousand_bdt_at_the_opening_price(self) -> None:
        # 10^12 * ln(1.00001) = 10^7 - 50 + 0.000333...
        assert bought(CASH, SHARES, 1000 * 10**6) == 9_999_950

    @pytest.mark.parametrize(("spend", "shares"), [(-1, 0), (0, 0), (1, 0), (100, 0), (101, 1), (201, 2)])
    def test_a_few_micro_bdt_at_the_opening_price(self, spend: int, shares: int) -> None:
        # One micro-share is worth 100 micro-BDT and a little more; two are worth 200 and a little more.
        assert bought(CASH, SHARES, spend) == shares

    @given(cash=sizes(10**18), total=sizes(10**13), spend=sizes(10**18))
    @example(cash=1, total=10**13, spend=10**18)
    @example(cash=10**18, total=1, spend=1)
    @example(cash=10**13, total=10**13, spend=1)
    def test_is_the_largest_number_that_the_money_buys(self, cash: int, total: int, spend: int) -> None:
        shares = bought(cash, total, spend)
        assert cost(cash, total, shares) <= spend < cost(cash, total, shares + 1)
        # The reference agrees: the shares lie just below total * ln(1 + spend / cash).
        growth = Fraction(cash + spend, cash)
        assert exp_bounds(Fraction(shares, total))[0] <= growth < exp_bounds(Fraction(shares + 1, total))[1]

    @given(cash=sizes(10**18), total=sizes(10**13), rise=st.fractions(0, 10))
    def test_moving_the_price_costs_the_total_shares_times_the_difference(
        self, cash: int, total: int, rise: Fraction
    ) -> None:
        price = Fraction(cash, total)
        price_after = Fraction(cash + int(cash * rise), total)
        spend = total * (price_after - price)
        shares = bought(cash, total, int(spend))
        assert spend.denominator == 1
        assert Fraction(cash + cost(cash, total, shares), total) <= price_after
        assert Fraction(cash + cost(cash, total, shares + 1), total) > price_after


class TestSharesWithin:
    def test_a_tenth_of_the_cash_at_the_opening_price(self) -> None:
        # -10^12 * ln(0.9) = 105,360,515,657.826301...
        assert within(CASH, SHARES, CASH // 10) == 105_360_515_657

    def test_all_of_them_pay_less_than_the_cash(self) -> None:
        assert within(CASH, SHARES, CASH) == within(CASH, SHARES, CASH * 64 // 100) == SHARES

    @given(cash=sizes(10**18), total=sizes(10**13), part=st.fractions(0, 1))
    @example(cash=10**13, total=10**13, part=Fraction(0))
    @example(cash=3, total=10**13, part=Fraction(1, 3))
    def test_is_the_largest_number_that_pays_no_more(self, cash: int, total: int, part: Fraction) -> None:
        most = int(cash * part)
        shares = within(cash, total, most)
        assert proceeds(cash, total, shares) <= most
        assert shares == total or most < proceeds(cash, total, shares + 1)


class TestSplitOrders:
    @given(market=market_and_shares(), cuts=st.lists(st.fractions(0, 1), max_size=6))
    def test_split_buys_cost_at_least_as_much(self, market: tuple[int, int, int], cuts: list[Fraction]) -> None:
        cash, total, shares = market
        paid = 0
        for part in parts_of(shares, cuts):
            paid += cost(cash + paid, total, part)
        assert paid >= cost(cash, total, shares)

    @given(market=market_and_shares(), cuts=st.lists(st.fractions(0, 1), max_size=6))
    def test_split_sells_pay_no_more(self, market: tuple[int, int, int], cuts: list[Fraction]) -> None:
        cash, total, shares = market
        got = 0
        for part in parts_of(shares, cuts):
            got += proceeds(cash - got, total, part)
        assert got <= proceeds(cash, total, shares)

    @given(cash=sizes(10**18), total=sizes(10**13), spend=sizes(10**18), cuts=st.lists(st.fractions(0, 1), max_size=6))
    def test_split_spending_buys_no_more(self, cash: int, total: int, spend: int, cuts: list[Fraction]) -> None:
        shares = paid = 0
        for part in parts_of(spend, cuts):
            # What a part leaves unspent is spent with the next.
            got = bought(cash + paid, total, part)
            shares, paid = shares + got, paid + cost(cash + paid, total, got)
        assert shares <= bought(cash, total, spend)

    def test_a_thousand_dust_orders_are_no_bargain(self) -> None:
        cash = SHARES
        for _ in range(1000):
            cash += cost(cash, SHARES, 1)
        assert cash - SHARES == 2000 > cost(SHARES, SHARES, 1000)


def parts_of(whole: int, cuts: list[Fraction]) -> list[int]:
    ends = [0, *sorted(int(whole * cut) for cut in cuts), whole]
    return [after - before for before, after in pairwise(ends)]


TRADES = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["spend", "buy", "sell"]),
        st.one_of(st.fractions(0, 1), st.integers(1, 1000)),
    ),
    max_size=12,
)


class TestClosedLoops:
    @settings(max_examples=500)
    @given(cash=sizes(10**18), total=sizes(10**13), held=st.fractions(0, 1), trades=TRADES)
    @example(cash=CASH, total=SHARES, held=Fraction(0), trades=[(0, "buy", Fraction(1)), (1, "sell", 1)])
    @example(cash=SHARES, total=SHARES, held=Fraction(0), trades=[(0, "spend", 1), (1, "spend", 2), (0, "sell", 1)])
    def test_no_group_profits_when_its_shares_are_back(
        self, cash: int, total: int, held: Fraction, trades: list[tuple[int, str, Fraction | int]]
    ) -> None:
        """No group of traders profits when its shares are back.

        `held` of the shares belong to players who do not trade. A size is a part of the possible amount, or micros.
        """
        market = _Market(cash, total, left=total - int(total * held))
        for player, kind, size in trades:
            market.trade(player, kind, size)
        for player, shares in enumerate(market.owned):
            market.sell(player, shares)
        assert market.owned == [0, 0, 0]
        assert market.received <= market.paid
        assert market.cash == cash + market.paid - market.received


class _Market:
    """A market with three players and no fees. Every trade checks that C * e^(-h/S) does not fall."""

    def __init__(self, cash: int, total: int, left: int) -> None:
        self.cash, self.total, self.left = cash, total, left
        self.owned = [0, 0, 0]
        self.paid = self.received = 0

    def trade(self, player: int, kind: str, size: Fraction | int) -> None:
        if kind == "spend":
            self.buy(player, bought(self.cash, self.total, _chosen(size, 2 * self.cash)))
        elif kind == "buy":
            self.buy(player, _chosen(size, self.left))
        else:
            self.sell(player, _chosen(size, self.owned[player]))

    def buy(self, player: int, wanted: int) -> None:
        shares = min(wanted, self.left)
        paid = cost(self.cash, self.total, shares)
        assert self.cash + paid >= self.cash * exp_bounds(Fraction(shares, self.total))[1] or shares == 0
        self.cash, self.paid = self.cash + paid, self.paid + paid
        self.owned[player] += shares
        self.left -= shares

    def sell(self, player: int, shares: int) -> None:
        got = proceeds(self.cash, self.total, shares)
        assert self.cash - got >= self.cash / exp_bounds(Fraction(shares, self.total))[0] or shares == 0
        self.cash, self.received = self.cash - got, self.received + got
        self.owned[player] -= shares
        self.left += shares


def _chosen(size: Fraction | int, possible: int) -> int:
    return min(size, possible) if isinstance(size, int) else int(size * possible)


def test_no_result_depends_on_the_callers_decimal_context() -> None:
    market = (987_654_321_987_654_321, 1_234_567_890_123, 123_456_789_012)
    expected = [trade(*market) for trade in (cost, proceeds, bought)]
    with localcontext(prec=3):
        assert [trade(*market) for trade in (cost, proceeds, bought)] == expected
