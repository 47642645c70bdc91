"""The streams, and nothing else, for an ASGI server."""

import os
from typing import Any
from urllib.parse import ParseResult

import django
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import OriginValidator

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Before anything below imports a model.
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402
from django.urls import path  # noqa: E402

from markets.consumers import StreamConsumer  # noqa: E402


class BrowserOriginValidator(OriginValidator):  # type: ignore[misc]  # untyped library
    """Browsers may come from our own hosts only. Other programs name no origin, and carry nobody's cookies."""

    def valid_origin(self, parsed_origin: ParseResult | None) -> bool:
        """True for a client that is no browser, or a page of ours."""
        return parsed_origin is None or bool(super().valid_origin(parsed_origin))


async def plain_http(scope: dict[str, Any], _receive: Any, send: Any) -> None:
    """Say that this server is alive; everything else is the web server's."""
    status, body = (200, b'{"status": "alive"}') if scope["path"] == "/healthz" else (404, b"")
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})


application = ProtocolTypeRouter(
    {
        "http": plain_http,
        "websocket": BrowserOriginValidator(
            AuthMiddlewareStack(URLRouter([path("api/v1/ws", StreamConsumer.as_asgi())])),
            settings.ALLOWED_HOSTS,
        ),
    }
)
