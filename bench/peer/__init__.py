"""The peer of the HTTP benchmarks: what a good engineer writes in a day with FastAPI, SQLAlchemy and asyncpg.

It serves the exchange's own database: the same rows, locks, checks and JSON for a buy, the markets, candles and a
portfolio. It has no rate limits, no announcements and no stream, so it has less to do.
"""
