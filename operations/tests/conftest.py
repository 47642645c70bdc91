from streams.tests.conftest import own_log, without_redis
from trading.tests.conftest import fund, hold, state

__all__ = ["fund", "hold", "own_log", "state", "without_redis"]
