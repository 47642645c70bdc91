"""Settings of the REST API: throttles, errors, its schema, pages and exports."""

from config.settings.environment import env
from config.settings.hosting import PRODUCTION

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.sign_ins.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "core.api.negotiation.OneRenderer",
    "DEFAULT_PARSER_CLASSES": ["core.api.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "core.api.openapi_schema.ApiSchema",
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "DEFAULT_THROTTLE_CLASSES": [
        "core.web.rate_limits.PlayerThrottle",
        "core.web.rate_limits.AddressThrottle",
        "core.web.rate_limits.MoneyThrottle",
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
    "EXCEPTION_HANDLER_CLASS": "core.api.errors.ProblemHandler",
    "EXCEPTION_FORMATTER_CLASS": "core.api.errors.ProblemFormatter",
    # What the documentation lists for every call; refusals are listed where they can happen.
    "ALLOWED_ERROR_STATUS_CODES": API_REFUSALS,
    "ERROR_SCHEMAS": dict.fromkeys(API_REFUSALS, "core.api.openapi_errors.RefusalSerializer"),
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
        "core.api.openapi_answers.complete",
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
