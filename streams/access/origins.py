"""The origins that may open a stream; the browser's session counts for this site's own pages only.

A browser names the page's origin; programs name none, and sign in by token. This site's own origins are the hosts of
ALLOWED_HOSTS, on any port, and CSRF_TRUSTED_ORIGINS; those of CORS_ALLOWED_ORIGINS may listen by token or as guests.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host
from django.utils.http import is_same_domain

from core.errors import OriginRefused

Scope = dict[str, Any]
Headers = list[tuple[bytes, bytes]]

#: What a page may send with a request for events, besides what it always may.
ALLOWED_HEADERS = b"authorization, last-event-id"


def admitted(scope: Scope) -> Scope:
    """Return the connection's scope, without cookies unless a page of this site asks.

    Raises OriginRefused for a foreign page.
    """
    origins = [value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"]
    if all(is_own(origin) for origin in origins) and (origins or _is_asked_by_own_page(scope)):
        return scope
    if any(not is_own(origin) and origin not in settings.CORS_ALLOWED_ORIGINS for origin in origins):
        raise OriginRefused
    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if name != b"cookie"]}


def is_own(origin: str) -> bool:
    """Return whether this origin is one of this site."""
    try:
        parts = urlsplit(origin)
        host = parts.hostname or ""
    except ValueError:
        return False
    if any(_matches(origin, trusted) for trusted in settings.CSRF_TRUSTED_ORIGINS):
        return True
    # Where cookies go over TLS only, a page that came without it may be anybody's.
    schemes = ("https",) if settings.SESSION_COOKIE_SECURE else ("https", "http")
    ours = [name for name in settings.ALLOWED_HOSTS if name != "*"]
    return parts.scheme in schemes and validate_host(f"[{host}]" if ":" in host else host, ours)


def cors_headers(scope: Scope) -> Headers:
    """Return the headers that let the requesting page read the events; none for programs."""
    origin = dict(scope["headers"]).get(b"origin")
    return [] if origin is None else [(b"access-control-allow-origin", origin), (b"vary", b"Origin")]


def preflight_headers(scope: Scope) -> Headers:
    """Return the headers that answer a browser's preflight request for events with a token."""
    return [
        *cors_headers(scope),
        (b"access-control-allow-methods", b"GET"),
        (b"access-control-allow-headers", ALLOWED_HEADERS),
        (b"access-control-max-age", b"86400"),
    ]


def _is_asked_by_own_page(scope: Scope) -> bool:
    """Return whether the browser reports a page of the same origin.

    For event sources it then sends no Origin header.
    """
    return dict(scope["headers"]).get(b"sec-fetch-site") == b"same-origin"


def _matches(origin: str, trusted: str) -> bool:
    if origin == trusted:
        return True
    scheme, _, pattern = trusted.partition("://*")
    return bool(pattern) and origin.startswith(f"{scheme}://") and is_same_domain(urlsplit(origin).netloc, pattern)
