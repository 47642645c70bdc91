"""Scripts compute at each tick exactly what the exchange would execute: curve, quotes, limits and sizes."""

from __future__ import annotations

from dataclasses import asdict
from random import Random

from core.errors import DomainError
from markets.curve import cost_of, proceeds_of, shares_for, shares_within
from markets.models import EconomicSettings, Market
from tests.node import computed_by, recorded
from trading.pricing import sizing
from trading.pricing.quotes import Side, Size, limit_around, quote_size

CASES = 3_000
RECORDED_CASES = 120


def of_any_size(rng, most):
    """Return a random number from 1 to `most`, of any order of magnitude."""
    return max(1, min(most, rng.randrange(10 ** rng.randint(1, len(str(most))))))


def drawn(rng):
    total = rng.choice([10**12, of_any_size(rng, 10**15)])
    cash = rng.choice([10**14, 10**14 + rng.randrange(10**13), of_any_size(rng, 10**18)])
    side = rng.choice(list(Side))
    by = rng.choice(["spend", "shares"] if side is Side.BUY else ["shares", "receive"])
    money = rng.choice([50_000_000, of_any_size(rng, 2 * cash)])
    shares = rng.choice([1, total, of_any_size(rng, total)])
    return {
        "market": Market(
            biome="ocean",
            cash_micro=cash,
            total_shares_micro=total,
            shares_held_micro=rng.choice([0, total // 3, total]),
        ),
        "version": EconomicSettings(
            trade_fee_bps=rng.choice([0, 1, 200, 9_999]), max_trade_bps=rng.choice([1, 1_000, 10_000])
        ),
        "size": Size(side, **{f"{by}_micro": shares if by == "shares" else money}),
        "by": by,
        "money": money,
        "shares": shares,
        "tolerance_bps": rng.choice([0, 500, 2_000, 10_000, 12_345]),
    }


def sent(case):
    market, version = case["market"], case["version"]
    return {
        "market": {
            "cash": str(market.cash_micro),
            "total": str(market.total_shares_micro),
            "held": str(market.shares_held_micro),
            "feeBps": str(version.trade_fee_bps),
            "mostBps": str(version.max_trade_bps),
            "isPaused": False,
        },
        "side": case["size"].side,
        "size": {case["by"]: str(case["size"].micro)},
        "money": str(case["money"]),
        "shares": str(case["shares"]),
        "toleranceBps": str(case["tolerance_bps"]),
    }


def quoted(case):
    """Return the quote's integers and its limit's, or the code of its refusal."""
    try:
        quote = quote_size(market=case["market"], version=case["version"], size=case["size"])
    except DomainError as refusal:
        return {"quote": {"code": refusal.code}, "limit": None}
    limit = asdict(limit_around(quote, case["size"], tolerance_bps=case["tolerance_bps"]))
    names = {"least_shares_micro": "shares", "least_proceeds_micro": "proceeds", "worst_price_micro": "price"}
    told = {
        "shares": quote.shares_micro,
        "curve": quote.curve_micro,
        "fee": quote.fee_micro,
        "total": quote.total_micro,
        "cashAfter": quote.cash_after_micro,
    }
    return {
        "quote": {name: str(micro) for name, micro in told.items()},
        "limit": {names[name]: str(micro) for name, micro in limit.items() if micro is not None},
    }


def expected(case):
    market, version, money = case["market"], case["version"], case["money"]
    curve = {"cash_micro": market.cash_micro, "total_shares_micro": market.total_shares_micro}
    at = {"market": market, "version": version}
    mosts = (sizing.most_to_buy, sizing.most_to_spend, sizing.most_to_sell, sizing.most_to_receive)
    return {
        "cost": str(cost_of(**curve, shares_micro=case["shares"])),
        "proceeds": str(proceeds_of(**curve, shares_micro=case["shares"])),
        "sharesFor": str(shares_for(**curve, spend_micro=money)),
        "sharesWithin": str(shares_within(**curve, proceeds_micro=money)),
        "bringing": str(sizing.shares_bringing(**at, receive_micro=money)),
        "buyable": str(sizing.buyable(**at, spend_micro=money)),
        "mosts": [str(most(**at)) for most in mosts],
        **quoted(case),
    }


def test_pages_reckon_to_the_unit_what_the_exchange_executes():
    rng = Random(10)
    cases = [drawn(rng) for _ in range(CASES)]

    computed = computed_by("reckon.js", [sent(case) for case in cases])

    for case, reckoned in zip(cases, computed, strict=True):
        assert reckoned == expected(case), sent(case)


def test_the_cases_of_the_scripts_own_tests_are_what_the_exchange_executes():
    rng = Random(11)
    rows = [{"given": sent(case), "expected": expected(case)} for case in (drawn(rng) for _ in range(RECORDED_CASES))]

    assert recorded("trades.json", rows) == rows
