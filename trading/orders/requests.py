"""The requests of trades, as they are digested. Pure."""

from __future__ import annotations

from attention.biomes import Biome
from trading.ledger.requests import Plain, Request
from trading.pricing.quotes import Limit


def buy_request(*, biome: Biome, spend_micro: int | None, shares_micro: int | None, limit: Limit) -> Request:
    """Return the request of a buy."""
    amounts: dict[str, Plain] = {"spend_micro": spend_micro, "shares_micro": shares_micro}
    former = f"('buy', {biome.value!r}, {spend_micro}, {shares_micro}, {_former_limit(limit)})"
    return Request("buy", {"biome": biome.value, **amounts, **_limit_fields(limit)}, former)


def sale_request(*, biome: Biome, shares_micro: int | None, receive_micro: int | None, limit: Limit) -> Request:
    """Return the request of a sale. Of two amounts the shares count."""
    amounts: dict[str, Plain] = {"shares_micro": shares_micro}
    if shares_micro is None:
        amounts["receive_micro"] = receive_micro
    former_amount = f"'receive', {receive_micro}" if shares_micro is None else f"{shares_micro}"
    former = f"('sell', {biome.value!r}, {former_amount}, {_former_limit(limit)})"
    return Request("sell", {"biome": biome.value, **amounts, **_limit_fields(limit)}, former)


def _limit_fields(limit: Limit) -> dict[str, Plain]:
    return {
        "least_shares_micro": limit.least_shares_micro,
        "least_proceeds_micro": limit.least_proceeds_micro,
        "worst_price_micro": limit.worst_price_micro,
    }


def _former_limit(limit: Limit) -> str:
    """Return the limit as version 0.1.0 digested it."""
    return (
        f"Limit(least_shares_micro={limit.least_shares_micro}, least_proceeds_micro={limit.least_proceeds_micro}, "
        f"worst_price_micro={limit.worst_price_micro})"
    )
