from marketplace.tests.conftest import bid, carol, fund, land, no_land_fee, offered, own, state

__all__ = ["bid", "carol", "fund", "land", "no_land_fee", "offered", "own", "state"]
