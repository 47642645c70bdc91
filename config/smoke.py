"""A player's visit to a running exchange, over real HTTP and a real socket, to see that its parts work together.

Knows the exchange by its contract alone: no database, no models. Each step asks something of the exchange, checks the
answer and says in a few words what it found; a step leaves in the `Visit` what later ones need.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import ROUND_UP, Decimal
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import httpx
from websockets.sync.client import ClientConnection, connect

#: No request, and no message on the socket, is waited for longer.
WAIT_SECS = 10.0
MARKETS = 7
POINTS = 3
SPEND_BDT = Decimal("25.00")
TOP_UP_BDT = Decimal("100.00")
# Prices follow attention between two requests: have somewhat more than a parcel costs, and offer it for that.
LAND_MARGIN = Decimal("1.25")
LISTED_SECS = 3600
# What a fill is made of; its quote must name the same.
FILL = ("shares", "amount", "traded", "fee", "total", "average_price", "price_after")

_API = "/api/v1"
_MARKET = f"{_API}/biome-market"
_LAND = f"{_API}/marketplace"
_SHOWN_CHARACTERS = 300


class Unexpected(Exception):
    """The exchange answered something else than its contract says."""

    def __init__(self, expected: str, got: object) -> None:
        shown = " ".join(str(got).split())
        if len(shown) > _SHOWN_CHARACTERS:
            shown = f"{shown[:_SHOWN_CHARACTERS]}..."
        super().__init__(f"expected {expected}, got {shown}")


class Reply(dict[str, Any]):
    """A JSON object that the exchange sent."""

    def __missing__(self, name: str) -> Any:
        raise Unexpected(f"a field {name!r}", dict(self))


@dataclass(frozen=True, slots=True)
class Administrator:
    """Who may top players up, where the exchange gives no starting grant."""

    username: str
    password: str


@dataclass
class Visit:
    """A player whom nobody knew before, and what the exchange has told so far."""

    http: httpx.Client
    administrator: Administrator | None = None
    username: str = field(default_factory=lambda: f"alice-{secrets.token_hex(4)}")
    password: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    access_token: str = ""
    stream_url: str = ""
    biome: str = ""
    cycle: int = 0
    balance_bdt: Decimal = Decimal(0)
    quote: Reply = field(default_factory=Reply)
    bought: Reply = field(default_factory=Reply)
    sold: Reply = field(default_factory=Reply)
    land: Reply = field(default_factory=Reply)
    land_bought: Reply = field(default_factory=Reply)
    land_sold: Reply = field(default_factory=Reply)
    listing: Reply = field(default_factory=Reply)
    rival: Visit | None = None

    def get(self, path: str) -> Reply:
        """What the exchange answers to a GET that must succeed."""
        return answer_of(self.http.get(path, headers=self._headers()))

    def post(self, path: str, body: dict[str, Any], *, key: str | None = None, status: int = HTTPStatus.OK) -> Reply:
        """What the exchange answers to a POST that must end with `status`; `key` is its Idempotency-Key."""
        headers = self._headers() | ({"Idempotency-Key": key} if key else {})
        return answer_of(self.http.post(path, json=body, headers=headers), status=status)

    def make(self, path: str, body: dict[str, Any], *, key: str) -> Reply:
        """Return what the exchange answers to a POST that must make something."""
        return self.post(path, body, key=key, status=HTTPStatus.CREATED)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access_token}"} if self.access_token else {}


def answer_of(response: httpx.Response, *, status: int = HTTPStatus.OK) -> Reply:
    """The JSON object of a response. Raises Unexpected for another status, or no JSON object."""
    if response.status_code != status:
        raise Unexpected(f"status {int(status)}", f"{response.status_code}: {response.text}")
    try:
        reply = json.loads(response.text, object_hook=Reply)
    except ValueError:
        raise Unexpected("JSON", response.text) from None
    if not isinstance(reply, Reply):
        raise Unexpected("a JSON object", response.text)
    return reply


def play(visit: Visit, *, write: Callable[[str], None]) -> bool:
    """Take all steps, one line each; at the first failure say what it was and return False."""
    for name, step in STEPS.items():
        started = time.perf_counter()
        try:
            found = step(visit)
        except Exception as failure:  # whatever it is, the exchange is not as it should be
            what = str(failure) if isinstance(failure, Unexpected) else f"{type(failure).__name__}: {failure}"
            write(f"FAILED {name}: {what}")
            return False
        write(f"ok {name}: {found} {(time.perf_counter() - started) * 1000:.0f} ms")
    return True


# --- The steps -------------------------------------------------------------------------------------------------------


def see_alive(visit: Visit) -> str:
    """The web process answers."""
    return str(visit.get("/healthz")["status"])


def see_ready(visit: Visit) -> str:
    """Database and Redis answer, and cycles run."""
    cycle = visit.get("/readyz")["checks"]["last_cycle"]
    return f"cycle {cycle['number']}, {cycle['age_secs']} s ago"


def register(visit: Visit) -> str:
    """Open an account."""
    email = f"{visit.username}@example.com"
    request = {"username": visit.username, "email": email, "password": visit.password}
    visit.post(f"{_API}/auth/register", request, status=HTTPStatus.CREATED)
    return visit.username


def sign_in(visit: Visit) -> str:
    """Get a token, and be known by it."""
    visit.access_token = _token(visit, visit.username, visit.password)
    me = visit.get(f"{_API}/auth/me")
    _expect(f"the account {visit.username}", me["username"], visit.username)
    return f"as {visit.username}"


def see_markets(visit: Visit) -> str:
    """Seven markets, and where the socket is."""
    reply = visit.get(f"{_MARKET}/markets")
    biomes = {market["biome"] for market in reply["markets"]}
    _expect(f"{MARKETS} markets", len(biomes), MARKETS)
    visit.stream_url = reply["stream"]["url"]
    visit.cycle = reply["cycle"]
    visit.biome = reply["markets"][0]["biome"]
    return f"{len(biomes)} of {reply['total_cash']} BDT"


def hold_money(visit: Visit) -> str:
    """Have something to spend: the starting grant, or else a top-up by the administrator."""
    _have(visit, SPEND_BDT)
    return f"{visit.balance_bdt} BDT"


def see_portfolio(visit: Visit) -> str:
    """A new player holds money and no shares."""
    portfolio = visit.get(f"{_MARKET}/portfolio")
    _expect("no holdings", portfolio["holdings"], [])
    _expect(f"a balance of {visit.balance_bdt} BDT", Decimal(portfolio["balance"]), visit.balance_bdt)
    return f"worth {portfolio['worth']} BDT"


def give_attention(visit: Visit) -> str:
    """Points within the budget count."""
    given = visit.post(f"{_MARKET}/track-attention", {"biome": visit.biome, "points": POINTS})
    _expect(f"{POINTS} points accepted", given["accepted"], POINTS)
    return f"{POINTS} points on {visit.biome}"


def ask_quote(visit: Visit) -> str:
    """What a buy would get."""
    visit.quote = visit.post(f"{_MARKET}/quote", {"biome": visit.biome, "side": "buy", "spend": str(SPEND_BDT)})
    return f"{visit.quote['shares']} shares for {visit.quote['total']} BDT"


def buy(visit: Visit) -> str:
    """Buy as quoted."""
    visit.bought = visit.make(f"{_MARKET}/buy", {"biome": visit.biome, "spend": str(SPEND_BDT)}, key=str(uuid4()))
    return f"{visit.bought['shares']} shares for {visit.bought['total']} BDT, {_compared(visit.quote, visit.bought)}"


def repeat_buy(visit: Visit) -> str:
    """The same request under the same Idempotency-Key is the same trade."""
    request = {"biome": visit.biome, "spend": str(SPEND_BDT)}
    repeated = visit.make(f"{_MARKET}/buy", request, key=visit.bought["operation"])
    _expect(f"trade {visit.bought['id']} again", repeated, visit.bought)
    return f"trade {repeated['id']} again"


def sell(visit: Visit) -> str:
    """Sell as quoted all that was bought."""
    request = {"biome": visit.biome, "shares": visit.bought["shares"]}
    quote = visit.post(f"{_MARKET}/quote", request | {"side": "sell"})
    visit.sold = visit.make(f"{_MARKET}/sell", request, key=str(uuid4()))
    return f"{visit.sold['shares']} shares for {visit.sold['total']} BDT, {_compared(quote, visit.sold)}"


def see_transactions(visit: Visit) -> str:
    """Both trades are there, once each, the newest first."""
    trades = visit.get(f"{_MARKET}/transactions")["results"]
    _expect("the sale, then the buy", trades, [visit.sold, visit.bought])
    return "sale and buy"


def refuse_debt(visit: Visit) -> str:
    """Nobody spends more than they have."""
    request = {"biome": visit.biome, "spend": str(_balance(visit) + 1)}
    refusal = visit.post(f"{_MARKET}/buy", request, status=HTTPStatus.CONFLICT)
    code = refusal["errors"][0]["code"]
    if code not in ("insufficient_funds", "trade_too_large"):
        raise Unexpected("insufficient_funds or trade_too_large", refusal)
    return str(code)


def see_balance(visit: Visit) -> str:
    """To the unit, the balance is what the trades left, and the refusal took nothing."""
    left_bdt = visit.balance_bdt - Decimal(visit.bought["total"]) + Decimal(visit.sold["total"])
    _expect(f"a balance of {left_bdt} BDT", _balance(visit), left_bdt)
    return f"{left_bdt} BDT"


def hear_market(visit: Visit) -> str:
    """On the socket, a snapshot and then a cycle that came after it."""
    url = httpx.URL(visit.stream_url).copy_merge_params({"token": visit.access_token})
    with connect(str(url), proxy=None, open_timeout=WAIT_SECS, close_timeout=1.0) as socket:
        socket.send(json.dumps({"action": "subscribe_biome_market", "room": "biome_market_all"}))
        snapshot = _heard(socket, "biome_market_snapshot")
        update = _heard(socket, "biome_market_update")
    _expect(f"{MARKETS} markets", len(update["markets"]), MARKETS)
    _expect(f"the epoch {snapshot['epoch']}", update["epoch"], snapshot["epoch"])
    if update["seq"] <= snapshot["seq"] or update["cycle"] <= visit.cycle:
        raise Unexpected(f"an event after {snapshot['seq']} and a cycle after {visit.cycle}", update)
    return f"cycle {update['cycle']} at {visit.stream_url}"


def see_land(visit: Visit) -> str:
    """The world has land for sale in every biome; the cheapest is taken."""
    biomes = [market["biome"] for market in visit.get(f"{_MARKET}/markets")["markets"]]
    offers = [visit.get(f"{_LAND}/lands?unowned=true&biome={biome}")["results"] for biome in biomes]
    parcels = [parcel for offer in offers for parcel in offer]
    if not parcels:
        raise Unexpected("a parcel that the world sells", "none (manage.py seed_world makes a world)")
    visit.land = min(parcels, key=lambda parcel: Decimal(parcel["base_price"]))
    return f"{visit.land['biome']} at {visit.land['x']}, {visit.land['y']} for {visit.land['base_price']} BDT"


def buy_land(visit: Visit) -> str:
    """The world sells the parcel at its base price, and the player owns it."""
    land_id, most_bdt = visit.land["id"], _with_margin(Decimal(visit.land["base_price"]))
    _have(visit, most_bdt)
    sale = visit.post(
        f"{_LAND}/lands/{land_id}/buy", {"most": str(most_bdt)}, key=str(uuid4()), status=HTTPStatus.CREATED
    )
    _expect(f"parcel {land_id} for {visit.username}", (sale["land"], sale["payer"]), (land_id, visit.username))
    _expect(f"the owner {visit.username}", visit.get(f"{_LAND}/lands/{land_id}")["owner"], visit.username)
    left_bdt = visit.balance_bdt - Decimal(sale["amount"])
    _expect(f"a balance of {left_bdt} BDT", _balance(visit), left_bdt)
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
    visit.listing = visit.post(f"{_LAND}/listings", request, key=str(uuid4()), status=HTTPStatus.CREATED)
    _expect("an active auction", (visit.listing["kind"], visit.listing["status"]), ("auction", "active"))
    return f"from {visit.listing['price']} BDT, {visit.listing['buy_now']} BDT at once"


def bid(visit: Visit) -> str:
    """A second player arrives and bids: the money is held."""
    rival = visit.rival = Visit(visit.http, visit.administrator, username=f"bob-{secrets.token_hex(4)}")
    register(rival)
    sign_in(rival)
    _have(rival, Decimal(visit.listing["buy_now"]))
    most_bdt = Decimal(visit.listing["least_bid"])
    path, request = f"{_LAND}/listings/{visit.listing['id']}/bids", {"max": str(most_bdt)}
    placed = rival.post(path, request, key=str(uuid4()), status=HTTPStatus.CREATED)
    _expect(f"{rival.username} to lead", (placed["bidder"], placed["is_leading"]), (rival.username, True))
    wallet = rival.get(f"{_API}/wallet")
    _expect_money(wallet, balance_bdt=rival.balance_bdt - most_bdt, held_bdt=most_bdt)
    return f"{rival.username} bids {most_bdt} BDT, which are held"


def buy_now(visit: Visit) -> str:
    """The second player takes the parcel at once: what was held is free, the price paid, the auction over."""
    rival, price = _rival(visit), visit.listing["buy_now"]
    path = f"{_LAND}/listings/{visit.listing['id']}/buy"
    visit.land_sold = rival.post(path, {"most": price}, key=str(uuid4()), status=HTTPStatus.CREATED)
    _expect("a sale by buy-now", visit.land_sold["kind"], "buy_now")
    _expect("the listing sold", visit.get(f"{_LAND}/listings/{visit.listing['id']}")["status"], "sold")
    owner = visit.get(f"{_LAND}/lands/{visit.land['id']}")["owner"]
    _expect(f"the owner {rival.username}", owner, rival.username)
    left_bdt = rival.balance_bdt - Decimal(price)
    _expect_money(rival.get(f"{_API}/wallet"), balance_bdt=left_bdt, held_bdt=Decimal(0))
    return f"{rival.username} pays {price} BDT, the fee is {visit.land_sold['fee']} BDT"


def see_audit_trail(visit: Visit) -> str:
    """Both players find in their trail what they did with the parcel, each in their own role."""
    bought, sold = visit.land_bought["id"], visit.land_sold["id"]
    _expect("the sale, then the buy", _deals(visit), [(sold, "seller"), (bought, "buyer")])
    _expect("the buy", _deals(_rival(visit)), [(sold, "buyer")])
    return "the seller's and the buyer's"


#: In this order; each may need what the ones before it have left in the visit.
STEPS: dict[str, Callable[[Visit], str]] = {
    "healthz": see_alive,
    "readyz": see_ready,
    "register": register,
    "sign in": sign_in,
    "markets": see_markets,
    "money": hold_money,
    "portfolio": see_portfolio,
    "attention": give_attention,
    "quote": ask_quote,
    "buy": buy,
    "buy repeated": repeat_buy,
    "sell": sell,
    "transactions": see_transactions,
    "refusal": refuse_debt,
    "balance": see_balance,
    "land": see_land,
    "land bought": buy_land,
    "land listed": list_land,
    "bid": bid,
    "buy-now": buy_now,
    "audit trail": see_audit_trail,
    "socket": hear_market,
}


def _expect(what: str, got: object, wanted: object) -> None:
    if got != wanted:
        raise Unexpected(what, got)


def _token(visit: Visit, username: str, password: str) -> str:
    pair = visit.post(f"{_API}/auth/token", {"username": username, "password": password})
    return str(pair["access"])


def _balance(visit: Visit) -> Decimal:
    return Decimal(visit.get(f"{_API}/wallet")["balance"])


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
    trail = visit.get(f"{_LAND}/transactions/audit-trail?source=marketplace")["results"]
    return [(movement["id"], movement["role"]) for movement in trail]


def _have(visit: Visit, least_bdt: Decimal) -> None:
    """Note the balance, which the administrator brings up to `least_bdt` where it is less."""
    visit.balance_bdt = _balance(visit)
    if visit.balance_bdt >= least_bdt:
        return
    if visit.administrator is None:
        raise Unexpected(
            f"{least_bdt} BDT from a starting grant, or an administrator to top up with "
            "(--admin-username and SMOKE_ADMIN_PASSWORD)",
            f"{visit.balance_bdt} BDT",
        )
    amount_bdt = max(TOP_UP_BDT, least_bdt - visit.balance_bdt)
    administrator = Visit(http=visit.http)
    administrator.access_token = _token(visit, visit.administrator.username, visit.administrator.password)
    request = {"player": visit.username, "amount": str(amount_bdt), "reason": "Smoke test"}
    administrator.post(f"{_API}/wallet/topup", request, key=str(uuid4()), status=HTTPStatus.CREATED)
    _expect(f"a balance of {visit.balance_bdt + amount_bdt} BDT", _balance(visit), visit.balance_bdt + amount_bdt)
    visit.balance_bdt += amount_bdt


def _compared(quote: Reply, fill: Reply) -> str:
    """Others trade too, and cycles run: only at an unchanged price must the fill be the quote.

    A price shows six places, so only a rival's trade below 1 BDT in these milliseconds could hide in it.
    """
    if fill["price_before"] != quote["price_before"]:
        return "the price moved after the quote"
    for name in FILL:
        _expect(f"{name} as quoted, {quote[name]}", fill[name], quote[name])
    return "as quoted"


def _heard(socket: ClientConnection, message_type: str) -> Reply:
    """The next message of a type; others are passed over. Raises Unexpected when it does not come in time."""
    deadline = time.monotonic() + WAIT_SECS
    while (left_secs := deadline - time.monotonic()) > 0:
        try:
            message = json.loads(socket.recv(timeout=left_secs), object_hook=Reply)
        except TimeoutError:
            break
        if message["type"] == message_type:
            return Reply(message)
        if message["type"] == "error":
            raise Unexpected(f"a {message_type}", message)
    raise Unexpected(f"a {message_type} within {WAIT_SECS:.0f} s", "none")
