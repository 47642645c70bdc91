"""Settings of Django's parts: apps, middleware, templates, static files, cache, channels, logging."""

from config.redis_connections import connection_class_for
from config.settings.environment import BASE_DIR, env
from config.settings.hosting import DATABASE_REPLICA_URLS, DEBUG, PRODUCTION, REDIS_PREFIX, REDIS_URL

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
