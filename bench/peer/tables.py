"""The exchange's tables, as far as the peer uses them, mapped by SQLAlchemy."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """The base of tables: whole numbers are 64 bits, times have a time zone."""

    type_annotation_map = {int: BigInteger, datetime: DateTime(timezone=True)}


class EconomicSettings(Base):
    __tablename__ = "markets_economicsettings"

    id: Mapped[int] = mapped_column(primary_key=True)
    redistribution_pool_bps: Mapped[int]
    max_move_bps: Mapped[int]
    max_trade_bps: Mapped[int]
    trade_fee_bps: Mapped[int]
    price_floor_micro: Mapped[int]
    attention_budget_points: Mapped[int]
    trading_paused: Mapped[bool]
    prices_frozen: Mapped[bool]


class Market(Base):
    __tablename__ = "markets_market"

    biome: Mapped[str] = mapped_column(primary_key=True)
    cash_micro: Mapped[int]
    total_shares_micro: Mapped[int]
    shares_held_micro: Mapped[int]
    settings_id: Mapped[int]
    attention_points: Mapped[int]
    bar_high_micro: Mapped[int]
    bar_low_micro: Mapped[int]
    bar_volume_micro: Mapped[int]


class Cycle(Base):
    __tablename__ = "markets_cycle"

    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class Candle(Base):
    __tablename__ = "markets_candle"

    id: Mapped[int] = mapped_column(primary_key=True)
    market_id: Mapped[str]
    interval: Mapped[str]
    opened_at: Mapped[datetime]
    open_micro: Mapped[int]
    high_micro: Mapped[int]
    low_micro: Mapped[int]
    close_micro: Mapped[int]
    volume_micro: Mapped[int]
    total_shares_micro: Mapped[int]
    attention_points: Mapped[int]
    attention_moved_micro: Mapped[int]


class Wallet(Base):
    __tablename__ = "trading_wallet"

    player_id: Mapped[int] = mapped_column(primary_key=True)
    balance_micro: Mapped[int]
    held_micro: Mapped[int]


class Holding(Base):
    __tablename__ = "trading_holding"

    id: Mapped[int] = mapped_column(primary_key=True)
    player_id: Mapped[int]
    market_id: Mapped[str] = mapped_column(ForeignKey("markets_market.biome"))
    shares_micro: Mapped[int]
    cost_micro: Mapped[int]
    realised_micro: Mapped[int]
    sold_basis_micro: Mapped[int]
    volume_micro: Mapped[int]
    counted_micro: Mapped[int]
    run_micro: Mapped[int]
    run_at: Mapped[datetime | None]
    market: Mapped[Market] = relationship(lazy="joined", innerjoin=True)


class Transaction(Base):
    __tablename__ = "transactions"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    initiator_id: Mapped[int]
    operation: Mapped[UUID]
    request_digest: Mapped[UUID]
    payer_id: Mapped[int | None]
    payer_balance_micro: Mapped[int | None]
    amount_micro: Mapped[int]
    fee_micro: Mapped[int]
    market_id: Mapped[str | None]
    shares_micro: Mapped[int | None]
    cash_before_micro: Mapped[int | None]
    cash_after_micro: Mapped[int | None]
    reason: Mapped[str] = mapped_column(default="")
