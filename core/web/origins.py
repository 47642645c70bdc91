"""Origins: scheme, host and port, by which browsers name a page's site."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ImproperlyConfigured

_SCHEMES = ("ws", "wss", "http", "https")


#: What other sites are told by that they are under a path.
PREFIX_VARIABLES = ("FORCE_SCRIPT_NAME", "SCRIPT_NAME", "ROOT_PATH", "UVICORN_ROOT_PATH", "GRANIAN_URL_PATH_PREFIX")


def refuse_path_prefix(environment: Mapping[str, str]) -> None:
    """Raise ImproperlyConfigured where the environment asks for a site under a path, such as /exchange/."""
    named = [name for name in PREFIX_VARIABLES if environment.get(name, "").strip("/")]
    if named:
        raise ImproperlyConfigured(
            f"{named[0]} is set, and the exchange cannot be served under a path: give it a host name of its own."
        )


def checked_stream_url(address: str) -> str:
    """Return STREAM_URL unchanged. Raises ImproperlyConfigured for one that no page could use."""
    if not address:
        return address
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ImproperlyConfigured(f"STREAM_URL is no address: {error}.") from error
    if parts.scheme not in _SCHEMES or not host:
        raise ImproperlyConfigured("STREAM_URL is no address of sockets: wss://streams.example.org is.")
    if ":" in host:
        raise ImproperlyConfigured(
            "STREAM_URL names an IPv6 address, which the pages' Content-Security-Policy cannot allow: give a host name."
        )
    return address


def site_origin(named: str, *, hosts: list[str], is_production: bool, web_port: str) -> str:
    """Return SITE_ORIGIN, or what other settings imply: the first host over https, or this machine's own.

    Empty where nothing implies it, which production refuses. Raises ImproperlyConfigured for what is no origin.
    """
    if not named:
        host = next((host for host in hosts if host and host[0] not in ".*"), "")
        own = f"http://127.0.0.1:{web_port}"
        return own if not is_production else f"https://{host}" if host else ""
    try:
        parts = urlsplit(named)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise ImproperlyConfigured(f"SITE_ORIGIN is no address: {error}.") from error
    if parts.scheme not in ("http", "https") or not host or named.rstrip("/") != f"{parts.scheme}://{parts.netloc}":
        raise ImproperlyConfigured("SITE_ORIGIN is no origin: https://exchange.example.org is.")
    return named.rstrip("/")


def origin_of(stream_url: str) -> str:
    """Return the origin of the sockets at this address: `wss://streams.example.org`, also of one that begins with
    https.
    """
    parts = urlsplit(stream_url.replace("http", "ws", 1))
    return f"{parts.scheme}://{parts.netloc}"


def stream_url_for(page_host: str, stream_url: str) -> str:
    """Return the sockets' address for a page at this host (and port), by STREAM_URL.

    This machine has several names, and a cookie is of one: the sockets are asked by the name that the page has.
    """
    sockets, page = urlsplit(stream_url), urlsplit(f"//{page_host}")
    if not (_is_this_machine(sockets) and _is_this_machine(page)):
        return stream_url
    host = f"[{page.hostname}]" if ":" in (page.hostname or "") else page.hostname
    return sockets._replace(netloc=f"{host}:{sockets.port}" if sockets.port else str(host)).geturl()


def policy_source(stream_url: str) -> str:
    """Return the source by which a Content-Security-Policy allows these sockets; for an IPv6 address, which it
    cannot name, the scheme.
    """
    origin = origin_of(stream_url)
    return origin.partition("//")[0] if "[" in origin else origin


def _is_this_machine(address: SplitResult) -> bool:
    host = address.hostname or ""
    return host in ("localhost", "127.0.0.1", "::1") or host.endswith(".localhost")
