"""Settings of Celery, and when each task runs."""

from celery.schedules import crontab

from config.settings.exchange import (
    ATTENTION_CLEAR_SECS,
    CANDLE_UPDATE_SECS,
    CYCLE_SECS,
    STANDINGS_SECS,
    WORTH_SNAPSHOT_SECS,
)
from config.settings.hosting import REDIS_PREFIX, REDIS_URL
from config.settings.land import SETTLE_SECS

CELERY_BROKER_URL = REDIS_URL
# At its memory limit Redis refuses what a worker has to say: no worker may die of it.
CELERY_BROKER_TRANSPORT = "core.redis.celery_broker:PatientTransport"
CELERY_BROKER_TRANSPORT_OPTIONS = {"global_keyprefix": f"{REDIS_PREFIX}-celery-"}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_ROUTES = {"markets.tasks.redistribute": {"queue": "redistribution"}}
CELERY_BEAT_SCHEDULE = {
    "settle-ended-listings": {
        "task": "marketplace.tasks.settle_ended_listings",
        "schedule": SETTLE_SECS,
        "options": {"expires": SETTLE_SECS},
    },
    "forget-old-looks": {"task": "marketplace.tasks.forget_old_looks", "schedule": 3600.0},
    "redistribute": {
        "task": "markets.tasks.redistribute",
        "schedule": CYCLE_SECS,
        "options": {"expires": CYCLE_SECS},
    },
    "update-candles": {
        "task": "markets.tasks.update_candles",
        "schedule": CANDLE_UPDATE_SECS,
        "options": {"expires": CANDLE_UPDATE_SECS},
    },
    "clear-away-attention": {
        "task": "markets.tasks.clear_away_attention",
        "schedule": ATTENTION_CLEAR_SECS,
        "options": {"expires": ATTENTION_CLEAR_SECS},
    },
    # Sooner than it is due: snapshots stand for the beginning of their period, and a second one is not made.
    "snapshot-worth": {
        "task": "trading.tasks.snapshot_worth",
        "schedule": WORTH_SNAPSHOT_SECS / 10,
        "options": {"expires": WORTH_SNAPSHOT_SECS / 10},
    },
    "thin-snapshots": {"task": "trading.tasks.thin_snapshots", "schedule": 600.0, "options": {"expires": 600.0}},
    "rebuild-standings": {
        "task": "trading.tasks.rebuild_standings",
        "schedule": STANDINGS_SECS,
        "options": {"expires": STANDINGS_SECS},
    },
    # By the clock, as beat remembers nothing: an interval of a day would begin anew with each start.
    "prune-tokens": {"task": "accounts.tasks.prune_tokens", "schedule": crontab(hour="3", minute="20")},
    "summarise-yesterday": {
        "task": "marketplace.tasks.summarise_yesterday",
        "schedule": crontab(hour="0", minute="20"),
    },
    "prune-sessions": {"task": "accounts.tasks.prune_sessions", "schedule": crontab(hour="3", minute="40")},
    "check-ledger": {
        "task": "trading.tasks.check_ledger",
        "schedule": crontab(minute="5"),
        "options": {"expires": 1800.0},
    },
    "pull-back-failures": {"task": "accounts.tasks.pull_back_failures", "schedule": 60.0, "options": {"expires": 60.0}},
    "prune-ticks": {"task": "markets.tasks.prune_ticks", "schedule": 60.0, "options": {"expires": 60.0}},
    "close-hours": {"task": "trading.tasks.close_hours", "schedule": 60.0, "options": {"expires": 60.0}},
}
