"""Checks that stop an unsafe exchange from starting where the setting PRODUCTION is on.

Used by `config.settings` alone, as its last step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured

Values = Mapping[str, Any]

#: As long as Django's own check asks for.
SECRET_KEY_LENGTH = 50
SECRET_KEY_LETTERS = 20
#: What examples say, and what is tried first.
WEAK_PASSWORDS = {
    "",
    "postgres",
    "password",
    "exchange",
    "biome",
    "biome_exchange",
    "biome-exchange",
    "secret",
    "admin",
}
OPEN_MAILBOXES = ("console.EmailBackend", "filebased.EmailBackend", "locmem.EmailBackend")
PLACEHOLDERS = ("insecure", "django-insecure", "change", "example", "placeholder", "<")


def refuse_unsafe(values: Values, environment: Mapping[str, str]) -> None:
    """Raise ImproperlyConfigured, one line that names each variable at fault, when the settings are not safe.

    `values` are the settings, `environment` their variables.
    """
    faults = [fault for look in _LOOKS for fault in look(values, environment)]
    if faults:
        raise ImproperlyConfigured(f"PRODUCTION is on, and this is not safe: {'; '.join(faults)}.")


def _secret_key(values: Values, environment: Mapping[str, str]) -> Iterator[str]:
    key = environment.get("SECRET_KEY", "")
    if not key:
        yield "SECRET_KEY is not set"
    elif len(key) < SECRET_KEY_LENGTH or len(set(key)) < SECRET_KEY_LETTERS or _is_placeholder(key):
        yield f"SECRET_KEY is no random text of {SECRET_KEY_LENGTH} characters or more"


def _services(values: Values, environment: Mapping[str, str]) -> Iterator[str]:
    for variable in ("DATABASE_URL", "REDIS_URL"):
        if not environment.get(variable):
            yield f"{variable} is not set"
    database = values["DATABASES"]["default"]
    host, password = str(database.get("HOST") or ""), str(database.get("PASSWORD") or "")
    # By a socket of this machine the server knows who asks.
    if environment.get("DATABASE_URL") and host and not host.startswith("/") and _is_weak(password, database):
        yield "DATABASE_URL has an empty password or one that is tried first"


def _hosts(values: Values, environment: Mapping[str, str]) -> Iterator[str]:
    if not environment.get("ALLOWED_HOSTS"):
        yield "ALLOWED_HOSTS is not set"
    elif any(host in ("*", ".") for host in values["ALLOWED_HOSTS"]):
        yield "ALLOWED_HOSTS allows any host"


def _switches(values: Values, environment: Mapping[str, str]) -> Iterator[str]:
    if values["DEBUG"]:
        yield "DEBUG is on"
    if values["CROWD_ENABLED"]:
        yield "CROWD_ENABLED is on"
    if not values["SESSION_COOKIE_SECURE"]:
        yield "COOKIES_SECURE is off"
    if values["EMAIL_BACKEND"].endswith(OPEN_MAILBOXES):
        yield "EMAIL_URL writes mails, and the links in them, where others may read"


def _origins(values: Values, environment: Mapping[str, str]) -> Iterator[str]:
    for setting in ("CSRF_TRUSTED_ORIGINS", "CORS_ALLOWED_ORIGINS"):
        if any(origin.startswith("http://") for origin in values[setting]):
            yield f"{setting} trusts an origin without TLS"
    if not values["SITE_ORIGIN"]:
        yield "SITE_ORIGIN is not set, and ALLOWED_HOSTS names no host that links in mails could lead to"
    elif not values["SITE_ORIGIN"].startswith("https://"):
        yield "SITE_ORIGIN is without TLS"
    if values["STREAM_URL"].startswith(("ws://", "http://")):
        yield "STREAM_URL is without TLS"


_LOOKS: tuple[Callable[[Values, Mapping[str, str]], Iterator[str]], ...] = (
    _secret_key,
    _services,
    _hosts,
    _switches,
    _origins,
)


def _is_weak(password: str, database: Values) -> bool:
    return password.lower() in WEAK_PASSWORDS or password == database.get("USER") or _is_placeholder(password)


def _is_placeholder(secret: str) -> bool:
    return secret.lower().startswith(PLACEHOLDERS)
