"""The seam by which an app above this one adds land to every worth, by queries that it registers when it is ready."""

from __future__ import annotations

#: Queries of `player_id`, `biome`, `weight`, `parcels` and `value_micro`: the parcels of a weight that a player owns,
#: and what the world would ask for them together.
parcels: list[str] = [
    """
    SELECT NULL::bigint AS player_id, NULL::text AS biome, 0::bigint AS weight, 0::bigint AS parcels,
           0::bigint AS value_micro WHERE false
    """
]
#: Queries of `player_id` and `net_micro`: what land has brought a player less what it took, with gifts at what they
#: were worth then. With the value of the parcels owned it is what the player gained by land.
accounts: list[str] = ["SELECT NULL::bigint AS player_id, 0::bigint AS net_micro WHERE false"]


def parcels_owned() -> str:
    """Return the query of all parcels that players own."""
    return " UNION ALL ".join(parcels)


def land_accounts() -> str:
    """Return the query of the payments and receipts for land."""
    return " UNION ALL ".join(accounts)
