"""Settings of metrics, error reports, the checks of the ledger, backups, disks and clocks."""

from config.settings.environment import env

# Who may read /metrics: whoever has the token, and these addresses or networks. Nobody by default.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
METRICS_ADDRESSES = env.list("METRICS_ADDRESSES", default=[])
# Where errors are reported to, if anywhere, under which name, and how many requests are traced (0 to 1).
SENTRY_DSN = env.str("SENTRY_DSN", default="")
SENTRY_ENVIRONMENT = env.str("SENTRY_ENVIRONMENT", default="production")
SENTRY_TRACES_SAMPLE_RATE = env.float("SENTRY_TRACES_SAMPLE_RATE", default=0.0)
# What runs here, as reports of errors name it.
RELEASE = env.str("RELEASE", default="")
# Who gets a mail when an invariant of money is broken.
ADMINS = [("", address) for address in env.list("ADMINS", default=[])]
# The hourly check of the invariants gives up after so long, and is late when there was none for so long.
LEDGER_CHECK_TIMEOUT_SECS = env.int("LEDGER_CHECK_TIMEOUT_SECS", default=300)
LEDGER_CHECK_LATE_SECS = env.int("LEDGER_CHECK_LATE_SECS", default=2 * 3600)
LEDGER_CHECKS_KEPT_SECS = env.int("LEDGER_CHECKS_KEPT_SECS", default=90 * 24 * 3600)
# Where backups lie, if this machine sees them, and how old the newest may be.
BACKUP_DIR = env.str("BACKUP_DIR", default="")
BACKUP_AGE_MAX_SECS = env.int("BACKUP_AGE_MAX_SECS", default=26 * 3600)
# Folders whose disks are watched, and the part that shall be free.
DISK_PATHS = env.list("DISK_PATHS", default=["/"])
# A disk with less free counts as full: what is written to it fails at any moment.
DISK_FULL_BYTES = env.int("DISK_FULL_BYTES", default=16 * 1024 * 1024)
DISK_FREE_MIN_PERCENT = env.int("DISK_FREE_MIN_PERCENT", default=10)
# How far the clocks of this machine, the database and Redis may be apart.
CLOCK_SKEW_MAX_SECS = env.float("CLOCK_SKEW_MAX_SECS", default=1.0)
# A background process that gave no sign of life for so long is taken for dead.
SILENT_SECS_MAX = env.float("SILENT_SECS_MAX", default=20.0)
