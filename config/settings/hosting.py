"""Settings of the place where the exchange runs: hosts, addresses, database and Redis."""

import os

from django.core.exceptions import ImproperlyConfigured

from config.settings.environment import env
from core.web.origins import checked_stream_url, site_origin

# On: strangers can reach it. What is not said is safe, and what is not safe is refused (core/production_checks.py).
PRODUCTION = env.bool("PRODUCTION", default=False)
DEBUG = env.bool("DEBUG", default=False)
# `embedded` makes one with the services that it starts. Without any services nothing is signed for anybody.
SECRET_KEY = env.str("SECRET_KEY", default="") or (
    "" if os.environ.get("DATABASE_URL") else "insecure-where-nothing-is-served-and-nobody-signs-in"
)
if not (SECRET_KEY or PRODUCTION):
    raise ImproperlyConfigured("SECRET_KEY is not set. It is required with DATABASE_URL.")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# Pages of these origins may use the API and the streams, by token: a browser's session counts for our own pages alone.
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
# Where browsers and integrators find the socket; empty means the same origin as the page.
STREAM_URL = checked_stream_url(env.str("STREAM_URL", default=""))
# Where links in mails lead: never to the host that a request names.
SITE_ORIGIN = site_origin(
    env.str("SITE_ORIGIN", default=""),
    hosts=ALLOWED_HOSTS,
    is_production=PRODUCTION,
    web_port=os.environ.get("WEB_PORT") or "8000",
)
# On: pages and API answer 503, while administrators, health checks and static files go on.
MAINTENANCE = env.bool("MAINTENANCE", default=False)
MAINTENANCE_RETRY_SECS = env.int("MAINTENANCE_RETRY_SECS", default=300)

DATABASES = {
    "default": env.db(
        "DATABASE_URL", default="postgres://postgres@127.0.0.1:5432/biome_exchange", engine="core.database.postgres"
    )
}
# Standbys of it, for reads that may be a little stale (`core.database.replicas`); of none that is further behind than
# so.
DATABASE_REPLICA_URLS = env.list("DATABASE_REPLICA_URLS", default=[])
REPLICA_LAG_MAX_SECS = env.float("REPLICA_LAG_MAX_SECS", default=2.0)
DATABASE_ROUTERS = ["core.database.replicas.Router"] if DATABASE_REPLICA_URLS else []
for _number, _url in enumerate(DATABASE_REPLICA_URLS, 1):
    DATABASES[f"replica_{_number}"] = env.db_url_config(_url, engine="core.database.postgres")
    # A test's replica is its primary.
    DATABASES[f"replica_{_number}"]["TEST"] = {"MIRROR": "default"}
# How long a connection may take to be made, and how long the network may be silent on one before it counts as dead.
DATABASE_CONNECT_SECS = env.int("DATABASE_CONNECT_SECS", default=3)
DATABASE_SILENT_SECS = env.int("DATABASE_SILENT_SECS", default=5)
# Off for PgBouncer before 1.21, or without `max_prepared_statements`.
DATABASE_PREPARED_STATEMENTS = env.bool("DATABASE_PREPARED_STATEMENTS", default=True)
# On: the addresses are a pooler's, which lends a connection for one transaction. A server's cursor would outlive that.
DATABASE_POOLED = env.bool("DATABASE_POOLED", default=False)
for _database in DATABASES.values():
    _database["DISABLE_SERVER_SIDE_CURSORS"] = DATABASE_POOLED
    _database["CONN_MAX_AGE"] = env.int("DATABASE_CONNECTION_MAX_AGE_SECS", default=60)
    _database["CONN_HEALTH_CHECKS"] = True
    _database["OPTIONS"] = {
        # The server prepares what asks for it (`core.database.transactions.prepared_row`), and nothing merely for being
        # frequent; nothing at all for a pooler that knows no prepared statements.
        "prepare_threshold": 1_000_000_000 if DATABASE_PREPARED_STATEMENTS else None,
        "connect_timeout": DATABASE_CONNECT_SECS,
        # What was sent and nobody received; and while an answer is awaited, whether the other side is there at all.
        "tcp_user_timeout": DATABASE_SILENT_SECS * 1000,
        "keepalives_idle": max(1, DATABASE_SILENT_SECS // 2),
        "keepalives_interval": 1,
        "keepalives_count": max(1, DATABASE_SILENT_SECS - DATABASE_SILENT_SECS // 2),
        **_database.get("OPTIONS", {}),
    }
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
# Keeps several exchanges, or several test workers, apart on one Redis.
REDIS_PREFIX = env.str("REDIS_PREFIX", default="biome-exchange")
