"""The peer's four endpoints. Run by uvicorn, with as many worker processes as the exchange's web server has."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID, uuid4, uuid5

import jwt
from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import case, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from attention.biomes import Biome
from bench.peer import replies
from bench.peer.tables import Candle, Cycle, EconomicSettings, Holding, Market, Transaction, Wallet
from markets.curve import cost_of, shares_for
from markets.money import fee_of, net_of_fee, to_micro

PAGE_SIZE = 50
# One for every client of the benchmark, should the other worker get none: connections beyond a pool are made anew each
# time.
POOL_SIZE = 16
BPS_WHOLE = 10_000

engine = create_async_engine(
    make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+asyncpg"),
    pool_size=POOL_SIZE,
    max_overflow=0,
    connect_args={"server_settings": {"lock_timeout": "3000"}},
)
sessions = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()
bearer = HTTPBearer()

# Put together once.
_new = insert(Holding.__table__)
_earlier_run = case((_new.excluded.run_at <= Holding.run_at + timedelta(minutes=1), Holding.run_micro), else_=0)
_HOLD = _new.on_conflict_do_update(
    index_elements=["player_id", "market_id"],
    set_={
        "shares_micro": Holding.shares_micro + _new.excluded.shares_micro,
        "cost_micro": Holding.cost_micro + _new.excluded.cost_micro,
        "volume_micro": Holding.volume_micro + _new.excluded.volume_micro,
        "counted_micro": Holding.counted_micro
        + func.abs(_earlier_run + _new.excluded.run_micro)
        - func.abs(_earlier_run),
        "run_micro": _earlier_run + _new.excluded.run_micro,
        "run_at": _new.excluded.run_at,
    },
)
_LAND = text(
    f"""
    SELECT (SELECT coalesce(sum(parcels), 0)::bigint FROM ({os.environ["LAND_PARCELS"]}) AS land
            WHERE player_id = :player),
           (SELECT coalesce(sum(value_micro), 0)::bigint FROM ({os.environ["LAND_PARCELS"]}) AS land
            WHERE player_id = :player),
           (SELECT coalesce(sum(net_micro), 0)::bigint FROM ({os.environ["LAND_ACCOUNTS"]}) AS land
            WHERE player_id = :player)
    """  # noqa: S608 (the exchange's own queries)
)

# Versions of the settings never change.
_versions: dict[int, EconomicSettings] = {}


class Buy(BaseModel):
    """BDT to spend on a biome, fee included. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")

    biome: Biome
    spend: Annotated[Decimal, Field(gt=0, le=1_000_000_000, decimal_places=6)]


async def session_of_request() -> AsyncIterator[AsyncSession]:
    """Provide a session with a transaction, committed before the reply is sent."""
    async with sessions() as session:
        yield session


async def player_of_request(credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> int:
    """Return the id of the player who sends the exchange's access token."""
    try:
        claims = jwt.decode(
            credentials.credentials, os.environ["SECRET_KEY"], algorithms=["HS256"], options={"require": ["exp"]}
        )
    except jwt.InvalidTokenError as error:
        raise HTTPException(401, "token_not_valid") from error
    if claims.get("token_type") != "access":
        raise HTTPException(401, "token_not_valid")
    return int(claims["user_id"])


Session = Annotated[AsyncSession, Depends(session_of_request)]
Player = Annotated[int, Depends(player_of_request)]


@app.post("/api/v1/biome-market/buy")
async def buy(
    asked: Buy, player_id: Player, session: Session, idempotency_key: Annotated[UUID | None, Header()] = None
) -> JSONResponse:
    """Buy shares, once for an Idempotency-Key."""
    operation = idempotency_key or uuid4()
    spend_micro = to_micro(asked.spend)
    digest = uuid5(operation, repr(("buy", asked.biome.value, spend_micro)))
    try:
        async with session.begin():
            bought, market = await _buy(session, player_id, asked.biome, spend_micro, operation, digest)
    except IntegrityError:
        bought, market = await _earlier(session, player_id, operation, digest)
    return JSONResponse(replies.trade_json(bought, market.total_shares_micro), HTTPStatus.CREATED)


@app.get("/api/v1/biome-market/markets")
async def markets(request: Request, player_id: Player, session: Session) -> JSONResponse:
    """Return the seven markets in their current state."""
    newest = select(Cycle.number, Cycle.at).order_by(Cycle.number.desc()).limit(1).subquery()
    rows = (
        await session.execute(select(Market, newest.c.number, newest.c.at).outerjoin(newest, Market.biome != ""))
    ).all()
    version = await _version(session, rows[0][0].settings_id)
    url = str(request.base_url.replace(scheme="ws")) + "api/v1/ws"
    body = replies.markets_json([row[0] for row in rows], version, cycle=rows[0][1], cycle_at=rows[0][2], url=url)
    return JSONResponse(body)


@app.get("/api/v1/biome-market/candles/{biome}")
async def candles(
    request: Request,
    biome: Biome,
    player_id: Player,
    session: Session,
    interval: str,
    limit: Annotated[int, Query(ge=1, le=500)] = PAGE_SIZE,
    before: datetime | None = None,
) -> JSONResponse:
    """Return a market's newest candles, oldest first, with the address of older ones."""
    query = select(Candle).where(Candle.market_id == biome.value, Candle.interval == interval)
    if before is not None:
        query = query.where(Candle.opened_at < before)
    page = (await session.scalars(query.order_by(Candle.opened_at.desc()).limit(limit + 1))).all()
    oldest_first = list(reversed(page[:limit]))
    following = None
    if len(page) > limit:
        following = str(request.url.include_query_params(before=oldest_first[0].opened_at.isoformat()))
    return JSONResponse(replies.candles_json(oldest_first, following=following))


@app.get("/api/v1/biome-market/portfolio")
async def portfolio(player_id: Player, session: Session) -> JSONResponse:
    """Return all property of the player."""
    wallet = await session.get_one(Wallet, player_id)
    holdings = (await session.scalars(select(Holding).where(Holding.player_id == player_id))).all()
    land = replies.Land(*(await session.execute(_LAND, {"player": player_id})).one())
    versions = {holding.market.settings_id: await _version(session, holding.market.settings_id) for holding in holdings}
    return JSONResponse(replies.portfolio_json(wallet, holdings, versions, land))


async def _buy(
    session: AsyncSession, player_id: int, biome: Biome, spend_micro: int, operation: UUID, digest: UUID
) -> tuple[Transaction, Market]:
    wallet = await session.get_one(Wallet, player_id, with_for_update={"key_share": True})
    if wallet.balance_micro < spend_micro:
        raise HTTPException(409, "insufficient_funds")
    market = await session.get_one(Market, biome.value, with_for_update={"key_share": True})
    shares, cost, fee = _quote(market, await _version(session, market.settings_id), spend_micro)
    total = cost + fee
    bought = Transaction(
        at=datetime.now(UTC),
        kind="biome_buy",
        initiator_id=player_id,
        operation=operation,
        request_digest=digest,
        payer_id=player_id,
        payer_balance_micro=wallet.balance_micro + wallet.held_micro - total,
        amount_micro=total,
        fee_micro=fee,
        market_id=market.biome,
        shares_micro=shares,
        cash_before_micro=market.cash_micro,
        cash_after_micro=market.cash_micro + cost,
    )
    session.add(bought)
    wallet.balance_micro -= total
    market.cash_micro += cost
    market.shares_held_micro += shares
    market.bar_high_micro = max(market.bar_high_micro, market.cash_micro)
    market.bar_low_micro = min(market.bar_low_micro, market.cash_micro)
    market.bar_volume_micro += cost
    await session.flush()
    held = {"player_id": player_id, "market_id": biome.value, "shares_micro": shares, "cost_micro": total}
    counted = {"volume_micro": cost, "counted_micro": cost, "run_micro": cost, "run_at": bought.at}
    await session.execute(_HOLD, held | {"realised_micro": 0, "sold_basis_micro": 0} | counted)
    return bought, market


def _quote(market: Market, version: EconomicSettings, spend_micro: int) -> tuple[int, int, int]:
    """Return micro-shares, micro-BDT along the curve, and fee."""
    if version.trading_paused:
        raise HTTPException(409, "trading_paused")
    curve: Any = {"cash_micro": market.cash_micro, "total_shares_micro": market.total_shares_micro}
    shares = shares_for(**curve, spend_micro=net_of_fee(spend_micro, version.trade_fee_bps))
    if shares < 1:
        raise HTTPException(409, "amount_too_small")
    if shares > market.total_shares_micro - market.shares_held_micro:
        raise HTTPException(409, "sold_out")
    cost = cost_of(**curve, shares_micro=shares)
    if cost > market.cash_micro * version.max_trade_bps // BPS_WHOLE:
        raise HTTPException(409, "trade_too_large")
    return shares, cost, fee_of(cost, version.trade_fee_bps)


async def _earlier(session: AsyncSession, player_id: int, operation: UUID, digest: UUID) -> tuple[Transaction, Market]:
    query = select(Transaction).where(Transaction.initiator_id == player_id, Transaction.operation == operation)
    earlier = (await session.scalars(query)).one()
    if earlier.request_digest != digest:
        raise HTTPException(409, "idempotency_conflict")
    return earlier, await session.get_one(Market, earlier.market_id)


async def _version(session: AsyncSession, version_id: int) -> EconomicSettings:
    if version_id not in _versions:
        _versions[version_id] = await session.get_one(EconomicSettings, version_id)
    return _versions[version_id]
