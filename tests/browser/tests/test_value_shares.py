"""The scripts of a page compute the worth of shares and land exactly as the exchange does."""

from __future__ import annotations

from random import Random

from marketplace.pricing.land_prices import price_of
from markets.curve import proceeds_of
from markets.money import fee_of, micro_text, part_text

# The names of static files have a digest of their content: the page's own script knows the other's.
RECKON = """async (cases) => {
  const page = document.querySelector('script[src*="portfolio"]').src;
  const [name] = (await (await fetch(page)).text()).match(/\\.\\/curve[^"']*/);
  const { markOf, saleOf, partText, toMicro, toText } = await import(new URL(name, page));
  return cases.map(({ shares, cash, total, feeBps, cost }) => {
    const market = { cash: toMicro(cash), total: toMicro(total) };
    const sale = saleOf(toMicro(shares), market, BigInt(feeBps));
    const gain = sale - toMicro(cost);
    return [toText(markOf(toMicro(shares), market)), toText(sale), toText(gain), partText(gain, toMicro(cost))];
  });
}"""


RECKON_LAND = """async (cases) => {
  const page = document.querySelector('script[src*="portfolio"]').src;
  const [name] = (await (await fetch(page)).text()).match(/\\.\\/land[^"']*/);
  const { priceOf } = await import(new URL(name, page));
  return cases.map(([cash, total, weight]) =>
    String(priceOf(BigInt(weight), { cash: BigInt(cash), total: BigInt(total) })));
}"""


def chosen(rng, most):
    """Return a random number from 0 to `most`, of any order of magnitude."""
    return min(most, rng.randrange(10 ** rng.randint(0, len(str(most)))))


def drawn(rng):
    total = rng.choice([10**12, 1 + chosen(rng, 10**15)])
    cash = rng.choice([10**14, 1 + chosen(rng, 10**18)])
    shares = rng.choice([0, 1, total, chosen(rng, total)])
    return {
        "total": total,
        "cash": cash,
        "shares": shares,
        "fee_bps": rng.choice([0, 1, 200, 10_000]),
        "cost": chosen(rng, 10**15),
    }


def reckoned(case):
    shares, cash, total = case["shares"], case["cash"], case["total"]
    proceeds = proceeds_of(cash_micro=cash, total_shares_micro=total, shares_micro=shares)
    sale = proceeds - fee_of(proceeds, case["fee_bps"])
    gain = sale - case["cost"]
    return [micro_text(shares * cash // total), micro_text(sale), micro_text(gain), part_text(gain, case["cost"])]


def test_marks_sales_and_gains_are_the_exchanges(visit, new_name):
    visitor = visit()
    visitor.register(new_name("reckoner"))
    visitor.page.goto("/portfolio/")
    rng = Random(4)
    cases = [drawn(rng) for _ in range(2_000)]

    shown = visitor.page.evaluate(
        RECKON,
        [
            {"feeBps": case["fee_bps"]} | {name: micro_text(case[name]) for name in ("shares", "cash", "total", "cost")}
            for case in cases
        ],
    )

    assert shown == [reckoned(case) for case in cases]


def test_land_costs_what_the_exchange_asks(visit, new_name):
    visitor = visit()
    visitor.register(new_name("reckoner"))
    visitor.page.goto("/portfolio/")
    rng = Random(4)
    cases = [(1 + chosen(rng, 10**18), 1 + chosen(rng, 10**15), 1 + chosen(rng, 10**12)) for _ in range(1_000)]

    shown = visitor.page.evaluate(RECKON_LAND, [list(map(str, case)) for case in cases])

    assert shown == [
        str(price_of(cash_micro=cash, total_shares_micro=total, weight=weight)) for cash, total, weight in cases
    ]
