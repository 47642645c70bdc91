"""The steps in the marketplace: a parcel is bought, listed, bid for and sold to a second player."""

from __future__ import annotations

import secrets
from decimal import ROUND_UP, Decimal
from http import HTTPStatus
from uuid import uuid4

from operations.smoke import account
from operations.smoke.visit import API, LAND, MARKET, Reply, Unexpected, Visit, expect

# Prices follow attention between two requests: have somewhat more than a parcel costs, and offer it for that.
LAND_MARGIN = Decimal("1.25")
LISTED_SECS = 3600


def see_land(visit: Visit) -> str:
    """The world has land for sale in every biome; the cheapest is taken."""
    biomes = [market["biome"] for market in visit.get(f"{MARKET}/markets")["markets"]]
    offers = [visit.get(f"{LAND}/lands?unowned=true&biome={biome}")["results"] for biome in biomes]
    parcels = [parcel for offer in offers for parcel in offer]
    if not parcels:
        raise Unexpected("a parcel that the world sells", "none (manage.py seed_world makes a world)")
    visit.land = min(parcels, key=lambda parcel: Decimal(parcel["base_price"]))
    return f"{visit.land['biome']} at {visit.land['x']}, {visit.land['y']} for {visit.land['base_price']} BDT"


def buy_land(visit: Visit) -> str:
    """The world sells the parcel at its base price, and the player owns it."""
    land_id, most_bdt = visit.land["id"], _with_margin(Decimal(visit.land["base_price"]))
    visit.have(most_bdt)
    sale = visit.post(
        f"{LAND}/lands/{land_id}/buy", {"most": str(most_bdt)}, key=str(uuid4()), status=HTTPStatus.CREATED
    )
    expect(f"parcel {land_id} for {visit.username}", (sale["land"], sale["payer"]), (land_id, visit.username))
    expect(f"the owner {visit.username}", visit.get(f"{LAND}/lands/{land_id}")["owner"], visit.username)
    left_bdt = visit.balance_bdt - Decimal(sale["amount"])
    expect(f"a balance of {left_bdt} BDT", visit.balance(), left_bdt)
    visit.land_bought = sale
    return f"parcel {land_id} for {sale['amount']} BDT"


def list_land(visit: Visit) -> str:
    """Offer the parcel by auction, from what it cost on, with buy-now."""
    paid_bdt = Decimal(visit.land_bought["amount"])
    request = {
        "land": visit.land["id"],
        "kind": "auction",
        "price": str(paid_bdt),
        "buy_now": str(_with_margin(paid_bdt)),
        "title": "Smoke test",
        "lasts_secs": LISTED_SECS,
    }
    visit.listing = visit.post(f"{LAND}/listings", request, key=str(uuid4()), status=HTTPStatus.CREATED)
    expect("an active auction", (visit.listing["kind"], visit.listing["status"]), ("auction", "active"))
    return f"from {visit.listing['price']} BDT, {visit.listing['buy_now']} BDT at once"


def bid(visit: Visit) -> str:
    """A second player arrives and bids: the money is held."""
    rival = visit.rival = Visit(visit.http, visit.administrator, username=f"bob-{secrets.token_hex(4)}")
    for arrive in (account.register, account.sign_in, account.verify_address):
        arrive(rival)
    rival.have(Decimal(visit.listing["buy_now"]))
    most_bdt = Decimal(visit.listing["least_bid"])
    path, request = f"{LAND}/listings/{visit.listing['id']}/bids", {"max": str(most_bdt)}
    placed = rival.post(path, request, key=str(uuid4()), status=HTTPStatus.CREATED)
    expect(f"{rival.username} to lead", (placed["bidder"], placed["is_leading"]), (rival.username, True))
    wallet = rival.get(f"{API}/wallet")
    _expect_money(wallet, balance_bdt=rival.balance_bdt - most_bdt, held_bdt=most_bdt)
    return f"{rival.username} bids {most_bdt} BDT, which are held"


def buy_now(visit: Visit) -> str:
    """The second player takes the parcel at once: what was held is free, the price paid, the auction over."""
    rival, price = _rival(visit), visit.listing["buy_now"]
    path = f"{LAND}/listings/{visit.listing['id']}/buy"
    visit.land_sold = rival.post(path, {"most": price}, key=str(uuid4()), status=HTTPStatus.CREATED)
    expect("a sale by buy-now", visit.land_sold["kind"], "buy_now")
    expect("the listing sold", visit.get(f"{LAND}/listings/{visit.listing['id']}")["status"], "sold")
    owner = visit.get(f"{LAND}/lands/{visit.land['id']}")["owner"]
    expect(f"the owner {rival.username}", owner, rival.username)
    left_bdt = rival.balance_bdt - Decimal(price)
    _expect_money(rival.get(f"{API}/wallet"), balance_bdt=left_bdt, held_bdt=Decimal(0))
    return f"{rival.username} pays {price} BDT, the fee is {visit.land_sold['fee']} BDT"


def see_audit_trail(visit: Visit) -> str:
    """Both players find in their trail what they did with the parcel, each in their own role."""
    bought, sold = visit.land_bought["id"], visit.land_sold["id"]
    expect("the sale, then the buy", _deals(visit), [(sold, "seller"), (bought, "buyer")])
    expect("the buy", _deals(_rival(visit)), [(sold, "buyer")])
    return "the seller's and the buyer's"


def _expect_money(wallet: Reply, *, balance_bdt: Decimal, held_bdt: Decimal) -> None:
    found = (Decimal(wallet["balance"]), Decimal(wallet["held"]))
    if found != (balance_bdt, held_bdt):
        raise Unexpected(f"a balance of {balance_bdt} BDT with {held_bdt} BDT held", dict(wallet))


def _with_margin(price_bdt: Decimal) -> Decimal:
    return (price_bdt * LAND_MARGIN).quantize(Decimal("0.01"), ROUND_UP)


def _rival(visit: Visit) -> Visit:
    assert visit.rival is not None
    return visit.rival


def _deals(visit: Visit) -> list[tuple[int, str]]:
    """A player's deals in land, the newest first: which, and in which role."""
    trail = visit.get(f"{LAND}/transactions/audit-trail?source=marketplace")["results"]
    return [(movement["id"], movement["role"]) for movement in trail]
