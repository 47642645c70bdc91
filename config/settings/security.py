"""Settings of what browsers are told: cookies, policies, HTTPS, other origins."""

from csp.constants import NONE, SELF

from config.settings.environment import env
from config.settings.hosting import PRODUCTION
from core.web.security_headers import EVERY_ANSWER

CSRF_FAILURE_VIEW = "core.web.error_pages.csrf_failure"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# Scripts and styles are files of ours: none stands in a page. The rest of what every answer says is in
# core/web/security_headers.py.
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
