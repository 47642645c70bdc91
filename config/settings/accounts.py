"""Settings of accounts: passwords, lockout, second factor, verification, mail, tokens and API keys."""

from datetime import timedelta

from config.settings.environment import env
from config.settings.hosting import PRODUCTION
from config.settings.monitoring import CLOCK_SKEW_MAX_SECS

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "/"

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]

PASSWORD_HASHERS = [
    "accounts.passwords.hashing.Argon2InTurn",
    "accounts.passwords.hashing.PBKDF2InTurn",
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
AXES_USERNAME_CALLABLE = "accounts.sign_ins.lockout.counted_name"
AXES_CLIENT_IP_CALLABLE = "accounts.sign_ins.lockout.client_address"
AXES_LOCKOUT_CALLABLE = "accounts.sign_ins.lockout.lockout_page"
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
