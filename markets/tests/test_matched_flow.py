from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from markets.redistribution.matched_flow import redistribute_cash, split_by_weight, targets_of

BDT = 10**6
OPEN = 100_000_000 * BDT
FLOOR = 1_000_000 * BDT

WEIGHTS = st.one_of(
    st.lists(st.integers(0, 5), min_size=1, max_size=8), st.lists(st.integers(0, 10**18), min_size=1, max_size=8)
)
SEVEN = {"min_size": 7, "max_size": 7}
MONEY = st.one_of(st.integers(1, 1000), st.integers(1, 10**18))
POINTS = st.one_of(st.just(0), st.integers(0, 10), st.integers(0, 10**12))
CYCLES = {
    "cash": st.lists(MONEY, **SEVEN),
    "attention": st.lists(POINTS, **SEVEN),
    "floors": st.lists(st.one_of(st.just(0), MONEY), **SEVEN),
    "pool_bps": st.integers(0, 10_000),
    "move_bps": st.integers(0, 10_000),
}


def after(cash: list[int], attention: list[int], **changes: object) -> list[int]:
    """Return one cycle with the default settings and the given changes."""
    rules: dict[str, object] = {"floors": [FLOOR] * 7, "pool_bps": 2_500, "move_bps": 500}
    return redistribute_cash(cash=cash, attention=attention, **rules | changes)


class TestSplitByWeight:
    @pytest.mark.parametrize(
        ("amount", "weights", "parts"),
        [
            (0, [0, 0, 0], [0, 0, 0]),
            (0, [1, 2, 3], [0, 0, 0]),
            (10, [1, 0, 0], [10, 0, 0]),
            (10, [1, 1, 1], [4, 3, 3]),
            (11, [1, 1, 1], [4, 4, 3]),
            (1, [1, 1, 1], [1, 0, 0]),
            (1, [1, 1, 2], [0, 0, 1]),
            # 7 * 1/10, 7 * 3/10, 7 * 6/10 = 0.7, 2.1, 4.2: the unit left goes to the first.
            (7, [1, 3, 6], [1, 2, 4]),
            # 1.25, 2.5, 1.25: the unit left goes to the half.
            (5, [1, 2, 1], [1, 3, 1]),
        ],
    )
    def test_examples(self, amount: int, weights: list[int], parts: list[int]) -> None:
        assert split_by_weight(amount, weights) == parts

    def test_nothing_to_split_by_is_refused(self) -> None:
        with pytest.raises(ValueError, match="every weight is zero"):
            split_by_weight(1, [0, 0])

    @given(amount=st.integers(0, 10**19), weights=WEIGHTS.filter(any))
    @example(amount=10**19, weights=[1] * 7)
    def test_gives_the_units_left_to_the_largest_remainders_and_ties_to_the_first(
        self, amount: int, weights: list[int]
    ) -> None:
        exact = [Fraction(amount * weight, sum(weights)) for weight in weights]
        parts = split_by_weight(amount, weights)
        assert sum(parts) == amount
        assert all(abs(part - share) < 1 for part, share in zip(parts, exact, strict=True))
        rank = [(-(share % 1), place) for place, share in enumerate(exact)]
        rounded_up = [part > share for part, share in zip(parts, exact, strict=True)]
        assert all(
            rank[one] < rank[other]
            for one, other in permutations(range(len(weights)), 2)
            if rounded_up[one] and not rounded_up[other] and exact[other] % 1
        )


class TestTargets:
    @given(cash=CYCLES["cash"], attention=CYCLES["attention"].filter(any), pool_bps=CYCLES["pool_bps"])
    def test_keep_the_total(self, cash: list[int], attention: list[int], pool_bps: int) -> None:
        targets = targets_of(cash=cash, attention=attention, pool_bps=pool_bps)
        assert sum(targets) == sum(cash)
        assert min(targets) >= 0

    def test_by_hand(self) -> None:
        # A quarter of each, 1.75 of 7 in all, goes three to one to the ocean and the beach.
        assert targets_of(cash=[OPEN] * 7, attention=[3, 1, 0, 0, 0, 0, 0], pool_bps=2_500) == [
            206_250_000 * BDT,
            118_750_000 * BDT,
            *[75_000_000 * BDT] * 5,
        ]


class TestRedistributeCash:
    def test_by_hand_two_visited_markets(self) -> None:
        # Ocean and beach want up by 106.25 and 18.75 million, clamped to 5 each; five want down by 25, clamped to 5
        # each. 10 of the 25 are matched: 2 from each of the five.
        assert after([OPEN] * 7, [3, 1, 0, 0, 0, 0, 0]) == [105_000_000 * BDT] * 2 + [98_000_000 * BDT] * 5

    def test_by_hand_one_visited_market_and_units_that_do_not_divide(self) -> None:
        # 5 million BDT from six markets: 833,333.333333 each, and the two micro-BDT left come from the first two.
        assert after([OPEN] * 7, [0, 0, 0, 1, 0, 0, 0]) == [
            99_166_666_666_666,
            99_166_666_666_666,
            99_166_666_666_667,
            105_000_000_000_000,
            99_166_666_666_667,
            99_166_666_666_667,
            99_166_666_666_667,
        ]

    def test_by_hand_small_and_unequal(self) -> None:
        # Pools 250, 500, 1000 = 1750, by 1, 1, 0: 875 each. Targets 1625, 2375, 3000. Caps 50, 100, 200.
        # Up 50 and 100, down 200: 150 matched.
        assert redistribute_cash(
            cash=[1000, 2000, 4000], attention=[1, 1, 0], floors=[0, 0, 0], pool_bps=2_500, move_bps=500
        ) == [1050, 2100, 3850]

    def test_equal_attention_leaves_equal_markets(self) -> None:
        assert after([OPEN] * 7, [5] * 7) == [OPEN] * 7

    @given(**CYCLES)
    @example(cash=[1] * 7, attention=[1] + [0] * 6, floors=[0] * 7, pool_bps=10_000, move_bps=10_000)
    @example(cash=[10**18] * 7, attention=[0] * 6 + [1], floors=[10**18] * 7, pool_bps=2_500, move_bps=500)
    def test_keeps_the_total_the_clamp_the_floor_and_the_way_to_the_target(
        self, cash: list[int], attention: list[int], floors: list[int], pool_bps: int, move_bps: int
    ) -> None:
        moved = redistribute_cash(cash=cash, attention=attention, floors=floors, pool_bps=pool_bps, move_bps=move_bps)
        assert sum(moved) == sum(cash)
        if not any(attention):
            assert moved == cash
            return
        targets = targets_of(cash=cash, attention=attention, pool_bps=pool_bps)
        for old, new, target, floor in zip(cash, moved, targets, floors, strict=True):
            assert abs(new - old) <= Fraction(old * move_bps, 10_000)
            assert new >= min(old, floor)
            assert old <= new <= target or target <= new <= old

    @given(**CYCLES)
    def test_moves_as_much_as_one_side_allows(
        self, cash: list[int], attention: list[int], floors: list[int], pool_bps: int, move_bps: int
    ) -> None:
        if not any(attention):
            return
        moved = redistribute_cash(cash=cash, attention=attention, floors=floors, pool_bps=pool_bps, move_bps=move_bps)
        targets = targets_of(cash=cash, attention=attention, pool_bps=pool_bps)
        rises_left, falls_left = [], []
        for old, new, target, floor in zip(cash, moved, targets, floors, strict=True):
            cap = old * move_bps // 10_000
            rises_left.append(min(max(target - old, 0), cap) - max(new - old, 0))
            falls_left.append(min(max(old - target, 0), cap, max(old - floor, 0)) - max(old - new, 0))
        assert min(rises_left + falls_left) >= 0
        assert not any(rises_left) or not any(falls_left)

    def test_a_market_below_its_floor_does_not_fall(self) -> None:
        cash = [FLOOR - 1] + [OPEN] * 6
        moved = after(cash, [0, 1, 0, 0, 0, 0, 0])
        assert moved[0] == FLOOR - 1
        assert moved[1] == 105_000_000 * BDT
        assert sum(moved) == sum(cash)

    def test_a_market_below_its_floor_can_rise(self) -> None:
        # Half a million BDT, and 5 % of it: from the six others, 4166.666666 each and the four units left.
        cash = [500_000 * BDT] + [OPEN] * 6
        assert after(cash, [1, 0, 0, 0, 0, 0, 0]) == [
            525_000 * BDT,
            *[OPEN - 4_166_666_667] * 4,
            *[OPEN - 4_166_666_666] * 2,
        ]

    def test_a_market_falls_to_its_floor_and_no_further(self) -> None:
        assert after([FLOOR + 1, OPEN], [0, 1], floors=[FLOOR] * 2) == [FLOOR, OPEN + 1]

    @pytest.mark.parametrize("still", [{"move_bps": 0}, {"pool_bps": 0}, {"floors": [OPEN] * 7}])
    def test_nothing_moves(self, still: dict[str, object]) -> None:
        assert after([OPEN] * 7, [1, 2, 3, 4, 5, 6, 7], **still) == [OPEN] * 7

    @given(cash=CYCLES["cash"], attention=CYCLES["attention"].filter(any))
    def test_a_whole_pool_without_a_clamp_that_binds_is_handed_out_by_attention(
        self, cash: list[int], attention: list[int]
    ) -> None:
        # Whoever rises at most doubles; so let every market stand at half of its target or more.
        cash = [amount + part for amount, part in zip(split_by_weight(sum(cash), attention), cash, strict=True)]
        targets = split_by_weight(sum(cash), attention)
        assert targets == targets_of(cash=cash, attention=attention, pool_bps=10_000)
        assert after(cash, attention, floors=[0] * 7, pool_bps=10_000, move_bps=10_000) == targets

    def test_all_attention_on_one_biome_for_a_thousand_cycles_loses_no_unit_and_can_be_undone(self) -> None:
        cash = [OPEN] * 7
        for _ in range(1000):
            cash = after(cash, [1, 0, 0, 0, 0, 0, 0])
            assert sum(cash) == 7 * OPEN
        assert cash == [694_000_000 * BDT] + [FLOOR] * 6
        for _ in range(1000):
            cash = after(cash, [0, 0, 0, 0, 0, 0, 1])
            assert sum(cash) == 7 * OPEN
        assert cash == [FLOOR] * 6 + [694_000_000 * BDT]
