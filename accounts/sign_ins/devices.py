"""The device and the network address of a client, in words that the account's owner recognises."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from django.http import HttpRequest

from core.web.client_addresses import address_of_request

if TYPE_CHECKING:
    import ua_parser

#: ua-parser's words for the parts of a browser that do not tell its owner anything.
_VARIANTS = re.compile(r"\b(?:Mobile|iOS|WebView|UI/WKWebView)\b|^Headless")
#: Where people call it by another name than ua-parser.
_SYSTEMS = {"Mac OS X": "macOS", "Chrome OS": "ChromeOS"}
_BY_DEVICE = frozenset({"iOS", "iPadOS"})
# Nothing that browsers add behind it is needed, and the patterns take longer the longer the text is.
_READ_LENGTH = 500
DEVICE_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Client:
    """The device and address of a request's client. `address` is None where the server knows none."""

    device: str
    address: str | None


def client_of(request: HttpRequest) -> Client:
    """Return who sent the request, as far as NUM_PROXIES trusts X-Forwarded-For."""
    return Client(device_called(request.META.get("HTTP_USER_AGENT", "")), address_of_request(request))


@lru_cache(maxsize=256)
def device_called(user_agent: str) -> str:
    """Describe the device in words, such as "Firefox on Linux"; a program by its own name."""
    read = user_agent[:_READ_LENGTH]
    browser, system = _browser_in(read), _system_in(read)
    if browser and system:
        return f"{browser} on {system}"[:DEVICE_LENGTH]
    program = "".join(filter(str.isprintable, read.partition("/")[0])).strip()
    return program[:DEVICE_LENGTH] or "A program without a name"


def _browser_in(user_agent: str) -> str | None:
    browser = _parser().parse_user_agent(user_agent)
    return " ".join(_VARIANTS.sub("", browser.family).split()) if browser else None


def _system_in(user_agent: str) -> str | None:
    """Return the operating system; of Apple's small devices the device."""
    system = _parser().parse_os(user_agent)
    if system is None:
        return None
    device = _parser().parse_device(user_agent) if system.family in _BY_DEVICE else None
    return device.family if device else _SYSTEMS.get(system.family, system.family)


@lru_cache(maxsize=1)
def _parser() -> ua_parser.Parser:
    """Return the parser, which compiles each of its patterns when it first needs it."""
    # Processes that see no sign-in do without its 6 MB.
    import ua_parser
    from ua_parser.basic import Resolver
    from ua_parser.loaders import load_lazy_builtins

    return ua_parser.Parser(Resolver(load_lazy_builtins()))
