"""The device and the network address of a client, in words that the account's owner recognises."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from core.web.client_addresses import address_of_request

#: What a browser's name contains, and what people call it. Each names those before which it came, so the order decides.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
DEVICE_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Client:
    """The device and address of a request's client. `address` is None where the server knows none."""

    device: str
    address: str | None


def client_of(request: HttpRequest) -> Client:
    """Return who sent the request, as far as NUM_PROXIES trusts X-Forwarded-For."""
    return Client(device_called(request.META.get("HTTP_USER_AGENT", "")), address_of_request(request))


def device_called(user_agent: str) -> str:
    """Describe the device in words, such as "Firefox on Linux"; a program by its own name."""
    browser, system = _first_in(user_agent, BROWSERS), _first_in(user_agent, SYSTEMS)
    if browser and system:
        return f"{browser} on {system}"
    program = "".join(filter(str.isprintable, user_agent.partition("/")[0])).strip()
    return (browser or program or "A program without a name")[:DEVICE_LENGTH]


def _first_in(text: str, names: tuple[tuple[str, str], ...]) -> str:
    return next((name for sign, name in names if sign in text), "")
