"""Settings of the whole site. Every value that a deployment may change is read from the environment here, by name.

In the embedded run (`make run`, `manage.py`, the tests) `config.embedded` has set DATABASE_URL and REDIS_URL before
this module is read. Everything economic that an administrator changes at run time lives in `markets.EconomicSettings`.
"""

import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config.headers import EVERY_ANSWER
from config.origins import checked_stream_url, refuse_path_prefix, site_origin
from config.production import refuse_unsafe
from config.redis_connections import connection_class_for

env = environ.Env()

# Pages, scripts and cookies are those of a whole host.
refuse_path_prefix(os.environ)

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Where it runs ---------------------------------------------------------------------------------------------------

# On: strangers can reach it. What is not said is safe, and what is not safe is refused (config/production.py).
PRODUCTION = env.bool("PRODUCTION", default=False)
DEBUG = env.bool("DEBUG", default=False)
# `config.embedded` makes one with the services that it starts. Without any services nothing is signed for anybody.
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
        "DATABASE_URL", default="postgres://postgres@127.0.0.1:5432/biome_exchange", engine="config.postgres"
    )
}
# Standbys of it, for reads that may be a little stale (`config.replicas`); of none that is further behind than so.
DATABASE_REPLICA_URLS = env.list("DATABASE_REPLICA_URLS", default=[])
REPLICA_LAG_MAX_SECS = env.float("REPLICA_LAG_MAX_SECS", default=2.0)
DATABASE_ROUTERS = ["config.replicas.Router"] if DATABASE_REPLICA_URLS else []
for _number, _url in enumerate(DATABASE_REPLICA_URLS, 1):
    DATABASES[f"replica_{_number}"] = env.db_url_config(_url, engine="config.postgres")
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
        # The server prepares what asks for it (`config.database.prepared_row`), and nothing merely for being frequent;
        # nothing at all for a pooler that knows no prepared statements.
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

# --- What it is made of ----------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config",
    "config.apps.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "config.static_files.StaticFiles",
    "django.contrib.humanize",
    "channels",
    "corsheaders",
    "csp",
    "rest_framework",
    "rest_framework_simplejwt",
    "rest_framework_simplejwt.token_blacklist",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "django_htmx",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "accounts",
    "attention",
    "markets",
    "trading",
    "marketplace",
]

MIDDLEWARE = [
    "config.headers.every_answer",
    "config.observe.page.metrics_page",
    "config.observe.requests.observe",
    "config.headers.PagePolicy",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.PageCompression",
    "config.pages.refuse_large_bodies",
    "config.pages.maintenance",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.presence.note_sessions",
    "config.middleware.PageMessages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.PageHtmx",
    "config.pages.Refusals",
    "config.middleware.rate_limit_headers",
    "axes.middleware.AxesMiddleware",
]

if DATABASE_REPLICA_URLS:
    MIDDLEWARE.insert(0, "config.replicas.stale_reads")

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.frame.frame",
            ]
        },
    }
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
# On: as `manage.py collectstatic` has gathered them, each under a name that browsers may keep for ever. Off: from where
# they lie.
STATIC_HASHED = env.bool("STATIC_HASHED", default=False)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "config.static_files.HashedStaticFiles"
        if STATIC_HASHED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG or not STATIC_HASHED
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Nobody else builds on our files.
WHITENOISE_ALLOW_ALL_ORIGINS = False

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": REDIS_PREFIX,
    }
}

# For control messages to the streams processes; events do not go through it (markets/hub.py says why).
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            "hosts": [
                {
                    "address": REDIS_URL,
                    "socket_connect_timeout": 1,
                    "socket_timeout": 2,
                    "connection_class": connection_class_for(REDIS_URL),
                }
            ],
            "prefix": f"{REDIS_PREFIX}-channels",
        },
    }
}

# How a line of the log is written: `line` for people, `json` for machines.
LOG_FORMAT = env.str("LOG_FORMAT", default="json" if PRODUCTION else "line")
# How often a minute the same warning or error is written; the others are counted.
LOG_REPEATS_MAX = env.int("LOG_REPEATS_MAX", default=20)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "config.observe.logs.LineFormatter", "format": "%(levelname)s %(name)s: %(message)s"},
        "json": {"()": "config.observe.logs.JsonFormatter"},
    },
    "filters": {
        # Uvicorn says so of every socket that was refused with a status, such as 429.
        "refused_sockets": {
            "()": "django.utils.log.CallbackFilter",
            "callback": lambda record: "without completing handshake" not in str(record.msg),
        },
        # Where something is away for long, it is the same line each time.
        "repeated": {"()": "config.observe.logs.RepeatLimit", "at_most": LOG_REPEATS_MAX},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["refused_sockets", "repeated"],
        },
        "counts": {"class": "config.observe.logs.CountingHandler", "level": "WARNING"},
    },
    "loggers": {
        # Django would mail what was requested to ADMINS, with all that it carried.
        "django": {"handlers": []},
        # Each sign-in is four lines of its own, otherwise.
        "axes": {"level": "WARNING"},
        # It would write each socket's address, and with it the token.
        "uvicorn": {"level": "WARNING"},
        # While Redis is away it prints a traceback a second; the streams say in a line that it is.
        "channels_redis": {"level": "CRITICAL"},
    },
    "root": {"handlers": ["console", "counts"], "level": env.str("LOG_LEVEL", default="INFO")},
}

# --- What is seen of it ----------------------------------------------------------------------------------------------

# Who may read /metrics: whoever has the token, and these addresses or networks. Nobody by default.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
METRICS_ADDRESSES = env.list("METRICS_ADDRESSES", default=[])
# Where errors are reported to, if anywhere, under which name, and how many requests are traced (0 to 1).
SENTRY_DSN = env.str("SENTRY_DSN", default="")
SENTRY_ENVIRONMENT = env.str("SENTRY_ENVIRONMENT", default="production")
SENTRY_TRACES_SAMPLE_RATE = env.float("SENTRY_TRACES_SAMPLE_RATE", default=0.0)
# What runs here, as reports of errors name it.
RELEASE = env.str("RELEASE", default="")
# Who gets a mail when a law of money is broken.
ADMINS = [("", address) for address in env.list("ADMINS", default=[])]
# The hourly check of the laws gives up after so long, and is late when there was none for so long.
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

# --- Accounts --------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "/"

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]

PASSWORD_HASHERS = [
    "accounts.hashing.Argon2InTurn",
    "accounts.hashing.PBKDF2InTurn",
]
# In each process: passwords hashed at once, how many more may wait for that, and how long each; beyond, 503. Together
# fewer than the server's threads (WEB_THREADS), so that one is left for who only reads.
PASSWORD_HASHES_AT_ONCE = env.int("PASSWORD_HASHES_AT_ONCE", default=1)
PASSWORD_HASHES_WAITING = env.int("PASSWORD_HASHES_WAITING", default=2)
PASSWORD_HASH_WAIT_SECS = env.float("PASSWORD_HASH_WAIT_SECS", default=2.0)
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {
            "user_attributes": ["username", "email", "claimed_email", "display_name", "first_name", "last_name"]
        },
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# An attacker who guesses is stopped by name and address together, so nobody can lock a player out from elsewhere.
AXES_FAILURE_LIMIT = env.int("SIGN_IN_FAILURE_LIMIT", default=5)
AXES_COOLOFF_TIME = timedelta(seconds=env.int("SIGN_IN_LOCKOUT_SECS", default=900))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
# A player who tries again too early does not wait any longer for it; Retry-After stays true.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_USERNAME_CALLABLE = "accounts.lockout.counted_name"
AXES_CLIENT_IP_CALLABLE = "accounts.lockout.client_address"
AXES_LOCKOUT_CALLABLE = "accounts.lockout.lockout_page"
# It would keep a row of every sign-in for ever, and open a session for each by token.
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
# Of its tables administrators need one: accounts/admin.py has it.
AXES_ENABLE_ADMIN = False

# On: every administrator needs a second factor. Off: those who have turned it on.
ADMIN_TOTP_REQUIRED = env.bool("ADMIN_TOTP_REQUIRED", default=False)
OTP_TOTP_ISSUER = "Biome Exchange"

# On: an address must be verified before its player gets a grant, gives attention or moves money to others, and is the
# player's only then.
VERIFICATION_REQUIRED = env.bool("VERIFICATION_REQUIRED", default=PRODUCTION)

# A link for a new password is good for so long, and once.
PASSWORD_RESET_TIMEOUT = env.int("PASSWORD_RESET_SECS", default=3600)
# And one that makes an address an account's for so long.
ADDRESS_LINK_SECS = env.int("ADDRESS_LINK_SECS", default=24 * 3600)

# Mail: shown by the worker where nobody else sees it, and none in production unless a server is named.
globals().update(env.email_url("EMAIL_URL", default="dummymail://" if PRODUCTION else "consolemail://"))
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT_SECS", default=10)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("EMAIL_FROM", default="Biome Exchange <exchange@localhost>")

SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(seconds=env.int("ACCESS_TOKEN_LIFETIME_SECS", default=15 * 60)),
    "REFRESH_TOKEN_LIFETIME": timedelta(seconds=env.int("REFRESH_TOKEN_LIFETIME_SECS", default=14 * 24 * 3600)),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "UPDATE_LAST_LOGIN": False,
    # A host whose clock is a little ahead issues tokens that others take at once, too.
    "LEEWAY": CLOCK_SKEW_MAX_SECS,
}

# The most API keys that a player may have.
API_KEYS_MAX = env.int("API_KEYS_MAX", default=20)
# For how long one whose time is over is still listed, so that its owner sees why a program came to a halt.
API_KEYS_ENDED_KEPT_DAYS = env.int("API_KEYS_ENDED_KEPT_DAYS", default=30)

# Expired tokens and sessions are deleted so many at a time.
EXPIRED_BATCH_ROWS = env.int("EXPIRED_BATCH_ROWS", default=1000)

# --- API -------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "config.negotiation.OneRenderer",
    "DEFAULT_PARSER_CLASSES": ["config.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "config.api_schema.ApiSchema",
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "DEFAULT_THROTTLE_CLASSES": [
        "config.throttles.PlayerThrottle",
        "config.throttles.AddressThrottle",
        "config.throttles.MoneyThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        # Players are counted by account, and all at one address together; guests by address.
        "player": env.str("RATE_LIMIT_PLAYER", default="1200/min"),
        "address": env.str("RATE_LIMIT_ADDRESS", default="12000/min"),
        # Of a player's requests, those that move money, shares or land.
        "money": env.str("RATE_LIMIT_MONEY", default="300/min"),
        "guest": env.str("RATE_LIMIT_GUEST", default="600/min"),
        "sign_in": env.str("RATE_LIMIT_SIGN_IN", default="60/min"),
        "register": env.str("RATE_LIMIT_REGISTER", default="30/min"),
        "password_reset": env.str("RATE_LIMIT_PASSWORD_RESET", default="20/hour"),
    },
    "NUM_PROXIES": env.int("NUM_PROXIES", default=1 if PRODUCTION else 0),
}

API_REFUSALS = ("400", "401", "403", "404", "405", "413", "415", "429", "503")
DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_HANDLER_CLASS": "config.problems.ProblemHandler",
    "EXCEPTION_FORMATTER_CLASS": "config.problems.ProblemFormatter",
    # What the documentation lists for every call; refusals are listed where they can happen.
    "ALLOWED_ERROR_STATUS_CODES": API_REFUSALS,
    "ERROR_SCHEMAS": dict.fromkeys(API_REFUSALS, "config.refusals.RefusalSerializer"),
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Biome Exchange API",
    "DESCRIPTION": "Seven share markets whose prices follow attention. Money, shares and prices are decimal strings.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVERS": [
        {"url": "/", "description": "The exchange that this was read from"},
        {"url": "http://127.0.0.1:8000", "description": "The embedded run"},
    ],
    # What a PATCH must name, it must name: its serializer says so.
    "COMPONENT_SPLIT_PATCH": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "TransactionKindEnum": "trading.models.Kind.choices",
        "ListingKindEnum": "marketplace.serializers.LISTING_KINDS",
        "ListingStatusEnum": "marketplace.serializers.LISTING_STATES",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.api_answers.complete",
    ],
}

# A process takes this part of a client's limit from the shared counter at once, and asks again when it is used up.
RATE_LIMIT_TAKEN_PERCENT = env.int("RATE_LIMIT_TAKEN_PERCENT", default=1)

# Pages of a list that an API client asks for.
PAGE_SIZE_DEFAULT = env.int("PAGE_SIZE_DEFAULT", default=50)
PAGE_SIZE_MAX = env.int("PAGE_SIZE_MAX", default=500)
# A player's transactions as a file: the most there are in one, and how many are read at a time.
EXPORT_ROWS_MAX = env.int("EXPORT_ROWS_MAX", default=100_000)
EXPORT_CHUNK_ROWS = env.int("EXPORT_CHUNK_ROWS", default=1000)

# --- The exchange ----------------------------------------------------------------------------------------------------

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

# --- Land ------------------------------------------------------------------------------------------------------------

# The world that `manage.py seed_world` makes: so many rows and columns, always the same from its seed.
WORLD_SEED = env.int("WORLD_SEED", default=7)
WORLD_SIDE_PARCELS = env.int("WORLD_SIDE_PARCELS", default=64)
# A parcel bought on a page for as large a part of what the player can spend needs the player's word that it is meant.
LARGE_PURCHASE_BPS = env.int("LARGE_PURCHASE_BPS", default=2500)
# How long it is kept, by the hour, which parcels brought attention.
LAND_ATTENTION_KEPT_SECS = env.int("LAND_ATTENTION_KEPT_SECS", default=30 * 24 * 3600)
# How many changes of its owner a parcel's page shows.
LAND_HISTORY_ROWS = env.int("LAND_HISTORY_ROWS", default=50)
# What a player may own, with the auctions led, and offer at the same time.
LAND_PARCELS_MAX = env.int("LAND_PARCELS_MAX", default=100)
LISTINGS_MAX = env.int("LISTINGS_MAX", default=50)
# How long a listing may last.
LISTING_SECS_MIN = env.int("LISTING_SECS_MIN", default=60)
LISTING_SECS_MAX = env.int("LISTING_SECS_MAX", default=30 * 24 * 3600)
# A bid later than this before the end moves the end to this after the bid, but never beyond the cap in all.
AUCTION_EXTENSION_SECS = env.int("AUCTION_EXTENSION_SECS", default=300)
AUCTION_EXTENDED_SECS_MAX = env.int("AUCTION_EXTENDED_SECS_MAX", default=3600)
# How often ended listings are looked for, and how many are settled in one go at most.
SETTLE_SECS = env.float("SETTLE_SECS", default=0.5)
SETTLE_AT_MOST = env.int("SETTLE_AT_MOST", default=100)
# Whom so many accounts that are no older gave money or land on a day is in the day's summary.
STAR_GIVERS_MIN = env.int("STAR_GIVERS_MIN", default=5)
STAR_YOUNG_DAYS = env.int("STAR_YOUNG_DAYS", default=7)
# A sale so many times above or below comparable prices is flagged; below the base price, it pays the fee of that.
LAND_PRICE_FAR_FACTOR = env.float("LAND_PRICE_FAR_FACTOR", default=5)

# --- Tasks -----------------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL
# At its memory limit Redis refuses what a worker has to say: no worker may die of it.
CELERY_BROKER_TRANSPORT = "config.broker:PatientTransport"
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

# --- Safety ----------------------------------------------------------------------------------------------------------

CSRF_FAILURE_VIEW = "config.pages.csrf_failure"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# Scripts and styles are files of ours: none stands in a page. The rest of what every answer says is in
# config/headers.py.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        # And the streams, which PagePolicy adds by the name that the page has.
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = ["accept", "authorization", "content-type", "idempotency-key", "if-none-match"]
CORS_EXPOSE_HEADERS = [
    "ETag",
    "Idempotency-Replayed",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Retry-After",
    "X-Request-ID",
]
SECURE_REFERRER_POLICY = EVERY_ANSWER["Referrer-Policy"]
X_FRAME_OPTIONS = EVERY_ANSWER["X-Frame-Options"]
# Requests to the API are small; nothing larger is read.
DATA_UPLOAD_MAX_MEMORY_SIZE = env.int("LARGEST_REQUEST_BYTES", default=256 * 1024)
COOKIES_SECURE = env.bool("COOKIES_SECURE", default=PRODUCTION)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = COOKIES_SECURE
CSRF_COOKIE_SAMESITE = "Lax"
# A browser takes a cookie of such a name from this very host alone, over TLS, and for no other path.
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = (
    ("__Host-sessionid", "__Host-csrftoken") if COOKIES_SECURE else ("sessionid", "csrftoken")
)
# Whoever asks over HTTP is sent to HTTPS, health checks and the metrics of this network excepted.
SECURE_SSL_REDIRECT = env.bool("HTTPS_REDIRECT", default=PRODUCTION)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_TLS_PROXY", default=PRODUCTION) else None
)
# Browsers remember for so long to come over TLS only, to this host and to those below it.
SECURE_HSTS_SECONDS = env.int("HSTS_SECS", default=365 * 24 * 3600 if PRODUCTION else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("HSTS_SUBDOMAINS", default=PRODUCTION)
SECURE_HSTS_PRELOAD = env.bool("HSTS_PRELOAD", default=PRODUCTION)

if PRODUCTION:
    refuse_unsafe(globals(), os.environ)
