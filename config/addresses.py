"""Who a client is by its network address: what limits, lockouts and connections are counted by."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network, ip_address

#: What one household gets of IPv6, where every device has as many addresses as it likes.
HOUSEHOLD_BITS = 64


def household_of(address: str) -> str:
    """The address that a client is counted by: of IPv6 the household's first; anything else as it is."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((int(parsed), HOUSEHOLD_BITS), strict=False).network_address)
