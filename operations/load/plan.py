"""The plan of a load: its amounts, addresses and pages. Every limit is here."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from operations.load.client_api import ALL_MARKETS

MOST_PLAYERS = 5000
MOST_SOCKETS = 10_000
MOST_SECS = 3600.0
MOST_TRADES_PER_SEC = 1000.0

#: So many players and sockets share an address, where the exchange is on this machine: far below its limits for one.
PLAYERS_AN_ADDRESS = 20
#: How often each is asked for, for every trade.
READS_A_TRADE = {"quote": 1.0, "markets": 0.5, "portfolio": 0.5, "transactions": 0.1}

#: A request that failed is sent again, as late as so long after the last second of the load.
AFTER_SECS = 20.0
#: No reply is waited for longer.
REPLY_SECS = 10.0
#: What waits for a reply at the same time, beyond which the load itself is too slow, and says so.
MOST_UNDER_WAY = 2000


@dataclass(frozen=True, slots=True)
class Page:
    """The room that visitors of a page subscribe to; "" is the room of the biome that they chose."""

    name: str
    room: str
    percent_of_sockets: int
    percent_signed_in: int
    #: Whether those who are signed in give attention, while they use the page.
    gives_attention: bool = False


#: As the pages' own scripts subscribe (static/js).
PAGES = (
    Page("exchange", ALL_MARKETS, 30, 40),
    Page("market", "", 40, 50, gives_attention=True),
    Page("portfolio", ALL_MARKETS, 15, 100),
    Page("marketplace", "marketplace_all", 15, 50),
)


class NotOurs(Exception):
    """Raised for an address that is not known to be of an exchange of one's own."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a load: its target, numbers, rates and duration."""

    url: str
    players: int
    secs: float
    trades_per_sec: float = 0.0
    sockets: int = 0
    seed: int = 1

    @property
    def host(self) -> str:
        """Return the name or address in the URL."""
        return urlsplit(self.url).hostname or ""

    @property
    def addresses(self) -> list[str]:
        """Return the addresses that the load comes from: loopback addresses for a target on this machine; else "",
        its own.
        """
        if not is_loopback(self.host) or ":" in self.host:
            return [""]
        count = -(-max(self.players, self.sockets) // PLAYERS_AN_ADDRESS)
        return [f"127.1.{number // 250}.{number % 250 + 1}" for number in range(count)]


def check_ours(url: str, *, hosts: Sequence[str]) -> None:
    """Raise NotOurs for an address that is neither on this machine nor one of the exchange's own hosts."""
    host = urlsplit(url).hostname or ""
    own = {name.lower().strip("[]") for name in hosts} - {"*"}
    if not is_loopback(host) and host.lower() not in own:
        raise NotOurs(f"{host} is neither on this machine nor in ALLOWED_HOSTS; if it is yours: --yes-it-is-mine")


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
