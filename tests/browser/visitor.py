"""A person at a browser: a context of its own, with its own cookies, and the messages of the page's console."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Response, WebSocket

#: Debian's. Playwright's own download is not used.
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",  # Chromium's own needs more than a container gives
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)

Device = Mapping[str, Any]
DESKTOP: Device = MappingProxyType({"viewport": {"width": 1440, "height": 900}})
PHONE: Device = MappingProxyType({"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True})

PASSWORD = "correct horse battery"
#: Above what a step takes on a machine that does a lot besides.
WAIT_MS = 30_000
CYCLE = "biome_market_update"

#: What a quote that follows the typing may leave in the console: a newer one took its place, or it was a refusal.
OF_QUOTES = (r"error: htmx:(afterRequest|sendAbort),", r"/quote/.*: 409$", r"status of 409", r"Error Code 409 from")


class Visitor:
    """A visitor's browser window."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        self.url = url
        self.context.set_default_timeout(WAIT_MS)
        self.context.on("page", self._watch)
        #: What no page should ever say or get: errors and warnings in the console, replies of 400 or more.
        self.complaints: list[str] = []
        #: How often a page was loaded, to tell what happened without.
        self.loads = 0
        self._sockets: dict[Page, WebSocket] = {}
        self._forgiven = [re.compile(pattern) for pattern in OF_QUOTES]
        self.page = self.context.new_page()

    @classmethod
    def of(cls, browser: Browser, url: str, device: Device = DESKTOP, **options: Any) -> Self:
        """Return a new visitor of the site at `url`, without cookies. Ends with `leave`."""
        # On loopback the certificate is a homemade one.
        made_here = {"base_url": url, "ignore_https_errors": url.startswith("https://localhost:")}
        return cls(browser.new_context(**{**made_here, **device, **options}), url)

    def forgive(self, pattern: str) -> None:
        """Expect console messages of this kind, which a test provokes."""
        self._forgiven.append(re.compile(pattern))

    def leave(self) -> None:
        """Close the window."""
        self.context.close()

    def register(self, name: str) -> None:
        """Register on the page for it. The player is then signed in, on the exchange's page."""
        self.page.goto("/register/")
        self.page.get_by_label("Name", exact=True).fill(name)
        self.page.get_by_label("E-mail").fill(f"{name}@example.com")
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="Open the account").click()
        self.page.get_by_role("link", name=f"Account of {name}").wait_for()

    def sign_in(self, name: str, password: str = PASSWORD) -> None:
        """Sign in on the page for it."""
        self.page.goto("/sign-in/")
        self.page.get_by_label("Name or e-mail").fill(name)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.get_by_role("link", name=f"Account of {name}").wait_for()

    def ask(self, path: str) -> Any:
        """Return the API's answer to this player, as plain data."""
        return self.context.request.get(f"/api/v1/{path}").json()

    def wait_until_live(self, page: Page | None = None) -> None:
        """Wait until the page shows that its prices are live."""
        (page or self.page).locator("#connection[data-state=live]").wait_for()

    def wait_for_events(self, kind: str, count: int, page: Page | None = None) -> None:
        """Wait until the page's socket has received so many more events of this type."""
        left = count

        def is_last(frame: str | bytes) -> bool:
            nonlocal left
            left -= f'"type":"{kind}"' in str(frame)
            return left <= 0

        socket = self._sockets[page or self.page]
        socket.wait_for_event("framereceived", predicate=is_last, timeout=WAIT_MS + 2000 * count)

    def _watch(self, page: Page) -> None:
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self._complain(f"{page.url}: {error.message}"))
        page.on("response", self._check)
        page.on("load", self._count)
        page.on("websocket", lambda socket: self._sockets.update({page: socket}))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._complain(f"{message.page and message.page.url}: {message.type}: {message.text}")

    def _check(self, response: Response) -> None:
        if response.status >= 400:
            self._complain(f"{response.request.method} {response.url}: {response.status}")

    def _count(self, page: Page) -> None:
        self.loads += 1

    def _complain(self, complaint: str) -> None:
        if not any(pattern.search(complaint) for pattern in self._forgiven):
            self.complaints.append(complaint)


def launch(playwright: Playwright) -> Browser:
    """Start Debian's Chromium, headless."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
