"""The peer of the HTTP benchmarks: an implementation in FastAPI, SQLAlchemy and asyncpg as a good engineer writes in a
day.

It serves the exchange's own database: the same rows, locks, checks and JSON for a buy, the markets, candles and a
portfolio. It has no rate limits, no announcements and no stream, so it has less to do.
"""
