from streams.tests.conftest import api, open_socket, own_log, without_redis

__all__ = ["api", "open_socket", "own_log", "without_redis"]
