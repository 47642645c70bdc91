"""Settings of Django's parts: apps, middleware, templates, static files, cache, channels, logging."""

from config.settings.environment import BASE_DIR, env
from config.settings.hosting import DATABASE_REPLICA_URLS, DEBUG, PRODUCTION, REDIS_PREFIX, REDIS_URL
from core.redis.connections import connection_class_for

INSTALLED_APPS = [
    "config",
    "core",
    # Before Django's apps, as its `changepassword` replaces theirs.
    "operations",
    "operations.apps.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "core.web.static_files.StaticFiles",
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
    "streams",
    "markets",
    "trading",
    "marketplace",
    "analytics",
]

MIDDLEWARE = [
    "core.web.security_headers.every_answer",
    "operations.monitoring.metrics_page.metrics_page",
    "core.observability.requests.observe",
    "core.web.security_headers.PagePolicy",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.web.middleware.PageCompression",
    "core.web.error_pages.refuse_large_bodies",
    "core.web.error_pages.maintenance",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.sign_ins.tracking.note_sessions",
    "core.web.middleware.PageMessages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "core.web.middleware.PageHtmx",
    "core.web.earlier_pages.reload_earlier_pages",
    "core.web.error_pages.Refusals",
    "core.web.middleware.rate_limit_headers",
    "axes.middleware.AxesMiddleware",
]

if DATABASE_REPLICA_URLS:
    MIDDLEWARE.insert(0, "core.database.replicas.stale_reads")

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
                "config.page_frame.frame",
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
        "BACKEND": "core.web.static_files.HashedStaticFiles"
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

# For control messages to the streams processes; events do not go through it (streams/hub.py says why).
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
        "line": {"()": "core.observability.logs.LineFormatter", "format": "%(levelname)s %(name)s: %(message)s"},
        "json": {"()": "core.observability.logs.JsonFormatter"},
    },
    "filters": {
        # Uvicorn says so of every socket that was refused with a status, such as 429.
        "refused_sockets": {
            "()": "django.utils.log.CallbackFilter",
            "callback": lambda record: "without completing handshake" not in str(record.msg),
        },
        # Where something is away for long, it is the same line each time.
        "repeated": {"()": "core.observability.logs.RepeatLimit", "at_most": LOG_REPEATS_MAX},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["refused_sockets", "repeated"],
        },
        "counts": {"class": "core.observability.logs.CountingHandler", "level": "WARNING"},
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
