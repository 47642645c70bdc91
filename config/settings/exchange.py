"""Settings of the markets, of trading, and of the live stream."""

from decimal import Decimal

from config.settings.environment import env

# The length of a redistribution cycle.
CYCLE_SECS = env.float("CYCLE_SECS", default=0.5)
# A new player's wallet opens with this top-up. The game's money comes from outside, so there is none by default.
STARTING_GRANT_BDT = Decimal(env.str("STARTING_GRANT_BDT", default="0"))
# What the first steps suggest a newcomer to buy for.
FIRST_BUY_BDT = env.int("FIRST_BUY_BDT", default=20)
# The largest single top-up, withdrawal, transfer or order that a request may name.
LARGEST_AMOUNT_BDT = Decimal(env.str("LARGEST_AMOUNT_BDT", default="1000000000"))
# A trade on a page that moves the price by as much or more needs the player's word that it is meant.
LARGE_IMPACT_BPS = env.int("LARGE_IMPACT_BPS", default=200)
# Raw ticks and cycles are kept this long; candles stay.
TICK_RETENTION_SECS = env.int("TICK_RETENTION_SECS", default=24 * 3600)
TICK_RETENTION_BATCH_CYCLES = env.int("TICK_RETENTION_BATCH_CYCLES", default=2000)
# For how long ahead a page is told what prices will be compared with. It asks again each 15 s.
PRICES_AHEAD_SECS = env.int("PRICES_AHEAD_SECS", default=20)
CANDLE_UPDATE_SECS = env.float("CANDLE_UPDATE_SECS", default=2.0)
# How often the dead rows of taken attention are cleared away.
ATTENTION_CLEAR_SECS = env.float("ATTENTION_CLEAR_SECS", default=5.0)
# How often it is recorded what players are worth; how long all of it is kept, then the last of five minutes, then of an
# hour; after that, of a day.
WORTH_SNAPSHOT_SECS = env.int("WORTH_SNAPSHOT_SECS", default=60)
WORTH_MOMENTS_KEPT_SECS = env.int("WORTH_MOMENTS_KEPT_SECS", default=2 * 3600)
WORTH_FIVES_KEPT_SECS = env.int("WORTH_FIVES_KEPT_SECS", default=24 * 3600)
WORTH_HOURS_KEPT_SECS = env.int("WORTH_HOURS_KEPT_SECS", default=30 * 24 * 3600)
# How often the leaderboard is written anew.
STANDINGS_SECS = env.float("STANDINGS_SECS", default=60.0)
# How long a request waits for a locked row before it says market_busy, and how often a deadlock is tried again.
LOCK_TIMEOUT_MS = env.int("LOCK_TIMEOUT_MS", default=3000)
# How long a migration may hold up everybody who uses the table that it waits for, before it gives up and tries again.
MIGRATION_LOCK_TIMEOUT_MS = env.int("MIGRATION_LOCK_TIMEOUT_MS", default=500)
# How long a write may be silent in its middle before the database ends it: its host may be cut off, and hold locks.
# Below the former, so that those who wait for the locks get them.
TRANSACTION_SILENT_MS = env.int("TRANSACTION_SILENT_MS", default=2500)
DEADLOCK_RETRIES = env.int("DEADLOCK_RETRIES", default=3)
# /readyz answers 503 when the last cycle is older.
READY_CYCLE_AGE_SECS = env.float("READY_CYCLE_AGE_SECS", default=5.0)
# The simulated crowd gives attention and trades; never in production.
CROWD_ENABLED = env.bool("CROWD_ENABLED", default=False)
# The live stream: how long its events are kept for clients that come back, but never more than so many, in Redis and in
# each streams process; and how often the running attention is announced at most.
STREAM_KEPT_SECS = env.int("STREAM_KEPT_SECS", default=300)
STREAM_EVENTS_KEPT = env.int("STREAM_EVENTS_KEPT", default=100_000)
# Trades and private events that follow on others are handed out together, so often at most; cycles never wait.
STREAM_GATHER_MS = env.int("STREAM_GATHER_MS", default=100)
ATTENTION_ANNOUNCE_MS = env.int("ATTENTION_ANNOUNCE_MS", default=250)
# Attention by socket is written in batches: how long one is collected, how large it gets, and how many events may wait,
# beyond which the market is busy.
ATTENTION_BATCH_MS = env.int("ATTENTION_BATCH_MS", default=5)
ATTENTION_BATCH_EVENTS = env.int("ATTENTION_BATCH_EVENTS", default=500)
ATTENTION_QUEUE_EVENTS = env.int("ATTENTION_QUEUE_EVENTS", default=5000)
# A socket that sends more messages in a second is closed; a longer message is refused.
STREAM_MESSAGES_PER_SEC = env.int("STREAM_MESSAGES_PER_SEC", default=20)
STREAM_MESSAGE_MAX_BYTES = env.int("STREAM_MESSAGE_MAX_BYTES", default=4096)
# What may wait for a client that reads slowly: above the first, states that a newer one replaces are dropped; beyond
# the second, all of it is, and the client told to resync.
STREAM_WAITING_STATES = env.int("STREAM_WAITING_STATES", default=16)
STREAM_MAILBOX_MESSAGES = env.int("STREAM_MAILBOX_MESSAGES", default=256)
# Over how long a streams process that is asked to end sends its clients to another one.
STREAM_DRAIN_SECS = env.float("STREAM_DRAIN_SECS", default=0.0)
# Connections to one streams process at the same time.
STREAM_CONNECTIONS_PER_PLAYER = env.int("STREAM_CONNECTIONS_PER_PLAYER", default=20)
STREAM_CONNECTIONS_PER_ADDRESS = env.int("STREAM_CONNECTIONS_PER_ADDRESS", default=200)
