from trading.tests.conftest import fund, hold, land_seven, state, unlocked_trades

__all__ = ["fund", "hold", "land_seven", "state", "unlocked_trades"]
