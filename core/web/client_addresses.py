"""Clients' network addresses, by which limits, lockouts and connections are counted.

Proxies write addresses as they like, with a port, in brackets, with a zone, or "unknown": all readers parse them
here.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest

#: What one household gets of IPv6, where every device has as many addresses as it likes.
HOUSEHOLD_BITS = 64
#: Whoever comes without an address is counted with all others who do.
UNKNOWN = "unknown"


def address_in(text: str | None) -> str | None:
    """Return the address in text of a proxy or a server, in its shortest form; None where there is none.

    Quotes, brackets, a port and a zone are cut off; an IPv4 address within IPv6 is the former.
    """
    bare = (text or "").strip().strip('"').strip()
    if bare.startswith("["):
        bare, _, port = bare[1:].partition("]")
        if port and not _is_port(port):
            return None
    elif bare.count(":") == 1:
        bare, _, port = bare.partition(":")
        if not _is_port(f":{port}"):
            return None
    try:
        parsed = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(parsed)


def client_address(*, peer: str | None, forwarded: str | None) -> str | None:
    """Return the client's address, None where it is unknown: X-Forwarded-For counts only as far as NUM_PROXIES
    trusts it.
    """
    proxies: int = settings.REST_FRAMEWORK["NUM_PROXIES"]
    if proxies == 0 or forwarded is None:
        return address_in(peer)
    named = forwarded.split(",")
    return address_in(named[-min(proxies, len(named))])


def address_of_request(request: HttpRequest) -> str | None:
    """Return the address of a request's client, Django's or REST framework's; None where it is unknown."""
    meta = request.META
    return client_address(peer=meta.get("REMOTE_ADDR"), forwarded=meta.get("HTTP_X_FORWARDED_FOR"))


def address_of_scope(scope: Mapping[str, Any]) -> str | None:
    """Return the address of a client of the streams; None where it is unknown."""
    peer = scope.get("client")
    forwarded = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return client_address(
        peer=str(peer[0]) if peer else None,
        forwarded=b",".join(forwarded).decode("latin-1") if forwarded else None,
    )


def household_of(address: str | None) -> str:
    """Return the address that a client is counted by: of IPv6 the first of its network, UNKNOWN where there is none."""
    known = address_in(address)
    if known is None:
        return UNKNOWN
    parsed = ip_address(known)
    if not isinstance(parsed, IPv6Address):
        return known
    return str(IPv6Network((int(parsed), HOUSEHOLD_BITS), strict=False).network_address)


def _is_port(text: str) -> bool:
    return text.startswith(":") and text[1:].isdecimal() and text.isascii()
