"""The ASGI application of the streams, and of nothing else: `streams.server` runs it."""

import json
import os
from typing import Any

import django
from channels.routing import ProtocolTypeRouter, URLRouter

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Before anything below imports a model.
django.setup(set_prefix=False)

from django.urls import path, re_path  # noqa: E402

from core.observability.connections import observed  # noqa: E402
from core.observability.metrics import CONTENT_TYPE  # noqa: E402
from core.web.client_addresses import address_of_scope  # noqa: E402
from core.web.security_headers import EVERY_ASGI_ANSWER  # noqa: E402
from operations.monitoring.metrics_page import stream_metrics  # noqa: E402
from streams import sse  # noqa: E402
from streams.socket import StreamConsumer  # noqa: E402

METRICS_TYPE = CONTENT_TYPE.encode()
NOT_FOUND = {"code": "not_found", "detail": "The streams' server has nothing at this address.", "attr": None}
NOWHERE_HERE = {"type": "client_error", "errors": [NOT_FOUND]}


async def tell_health(_scope: dict[str, Any], _receive: Any, send: Any) -> None:
    """Answer that this server is alive."""
    await _answer(send, 200, {"status": "alive"})


async def tell_metrics(scope: dict[str, Any], _receive: Any, send: Any) -> None:
    """Answer Prometheus with the metrics of this process."""
    authorization = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
    status, body = stream_metrics(authorization=authorization, address=address_of_scope(scope) or "")
    headers = [(b"content-type", METRICS_TYPE), *EVERY_ASGI_ANSWER]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def refuse(_scope: dict[str, Any], _receive: Any, send: Any) -> None:
    """Refuse other requests, which are the web server's."""
    await _answer(send, 404, NOWHERE_HERE)


async def refuse_socket(scope: dict[str, Any], _receive: Any, send: Any) -> None:
    """Refuse sockets at other addresses."""
    if "websocket.http.response" in scope.get("extensions", {}):
        await _answer(send, 404, NOWHERE_HERE, kind="websocket.http.response")
    else:
        await send({"type": "websocket.close", "reason": NOT_FOUND["detail"]})


async def _answer(send: Any, status: int, content: dict[str, Any], *, kind: str = "http.response") -> None:
    headers = [(b"content-type", b"application/json"), *EVERY_ASGI_ANSWER]
    await send({"type": f"{kind}.start", "status": status, "headers": headers})
    await send({"type": f"{kind}.body", "body": json.dumps(content).encode()})


def at(address: str, app: Any) -> Any:
    """Return Django's route to an ASGI application, although its annotations expect a view."""
    return path(address, app)


def anywhere(app: Any) -> Any:
    """Route every other address to this application, also one with a line break in it."""
    return re_path(r"(?s:.*)", app)


application = observed(
    ProtocolTypeRouter(
        {
            "http": URLRouter(
                [
                    at("healthz", tell_health),
                    at("metrics", tell_metrics),
                    at("api/v1/realtime/events", sse.event_stream),
                    anywhere(refuse),
                ]
            ),
            "websocket": URLRouter([at("api/v1/ws", StreamConsumer.as_asgi()), anywhere(refuse_socket)]),
        }
    )
)
