"""The steps in the markets: quotes, trades, attention, and what they leave in the wallet."""

from __future__ import annotations

from decimal import Decimal
from http import HTTPStatus
from uuid import uuid4

from operations.smoke.visit import MARKET, SPEND_BDT, Reply, Unexpected, Visit, expect

MARKETS = 7
POINTS = 3
# What a fill is made of; its quote must name the same.
FILL = ("shares", "amount", "traded", "fee", "total", "average_price", "price_after")


def see_markets(visit: Visit) -> str:
    """Seven markets, and where the socket is."""
    reply = visit.get(f"{MARKET}/markets")
    biomes = {market["biome"] for market in reply["markets"]}
    expect(f"{MARKETS} markets", len(biomes), MARKETS)
    visit.stream_url = reply["stream"]["url"]
    visit.cycle = reply["cycle"]
    visit.biome = reply["markets"][0]["biome"]
    return f"{len(biomes)} of {reply['total_cash']} BDT"


def see_portfolio(visit: Visit) -> str:
    """A new player holds money and no shares."""
    portfolio = visit.get(f"{MARKET}/portfolio")
    expect("no holdings", portfolio["holdings"], [])
    expect(f"a balance of {visit.balance_bdt} BDT", Decimal(portfolio["balance"]), visit.balance_bdt)
    return f"worth {portfolio['worth']} BDT"


def give_attention(visit: Visit) -> str:
    """Points within the budget count."""
    given = visit.post(f"{MARKET}/track-attention", {"biome": visit.biome, "points": POINTS})
    expect(f"{POINTS} points accepted", given["accepted"], POINTS)
    return f"{POINTS} points on {visit.biome}"


def ask_quote(visit: Visit) -> str:
    """What a buy would get."""
    visit.quote = visit.post(f"{MARKET}/quote", {"biome": visit.biome, "side": "buy", "spend": str(SPEND_BDT)})
    return f"{visit.quote['shares']} shares for {visit.quote['total']} BDT"


def buy(visit: Visit) -> str:
    """Buy as quoted."""
    visit.bought = visit.make(f"{MARKET}/buy", {"biome": visit.biome, "spend": str(SPEND_BDT)}, key=str(uuid4()))
    return f"{visit.bought['shares']} shares for {visit.bought['total']} BDT, {_compared(visit.quote, visit.bought)}"


def repeat_buy(visit: Visit) -> str:
    """The same request under the same Idempotency-Key is the same trade."""
    request = {"biome": visit.biome, "spend": str(SPEND_BDT)}
    repeated = visit.make(f"{MARKET}/buy", request, key=visit.bought["operation"])
    expect(f"trade {visit.bought['id']} again", repeated, visit.bought)
    return f"trade {repeated['id']} again"


def sell(visit: Visit) -> str:
    """Sell as quoted all that was bought."""
    request = {"biome": visit.biome, "shares": visit.bought["shares"]}
    quote = visit.post(f"{MARKET}/quote", request | {"side": "sell"})
    visit.sold = visit.make(f"{MARKET}/sell", request, key=str(uuid4()))
    return f"{visit.sold['shares']} shares for {visit.sold['total']} BDT, {_compared(quote, visit.sold)}"


def see_transactions(visit: Visit) -> str:
    """Both trades are there, once each, the newest first."""
    trades = visit.get(f"{MARKET}/transactions")["results"]
    expect("the sale, then the buy", trades, [visit.sold, visit.bought])
    return "sale and buy"


def refuse_debt(visit: Visit) -> str:
    """Nobody spends more than they have."""
    request = {"biome": visit.biome, "spend": str(visit.balance() + 1)}
    refusal = visit.post(f"{MARKET}/buy", request, status=HTTPStatus.CONFLICT)
    code = refusal["errors"][0]["code"]
    if code not in ("insufficient_funds", "trade_too_large"):
        raise Unexpected("insufficient_funds or trade_too_large", refusal)
    return str(code)


def see_balance(visit: Visit) -> str:
    """To the unit, the balance is what the trades left, and the refusal took nothing."""
    left_bdt = visit.balance_bdt - Decimal(visit.bought["total"]) + Decimal(visit.sold["total"])
    expect(f"a balance of {left_bdt} BDT", visit.balance(), left_bdt)
    return f"{left_bdt} BDT"


def _compared(quote: Reply, fill: Reply) -> str:
    """Others trade too, and cycles run: only at an unchanged price must the fill be the quote.

    A price shows six places, so only a rival's trade below 1 BDT in these milliseconds could hide in it.
    """
    if fill["price_before"] != quote["price_before"]:
        return "the price moved after the quote"
    for name in FILL:
        expect(f"{name} as quoted, {quote[name]}", fill[name], quote[name])
    return "as quoted"
