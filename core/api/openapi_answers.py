"""Descriptions of answers for the API's documentation: headers, true examples, and null where null is meant."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from core.errors import RateLimited, RequestTooLarge, ServiceUnavailable

#: Successful answers as they were really returned: `operations/tests/test_api_examples.py` compares, and records them.
RETURNED = Path(__file__).with_name("api_examples.json")

_TEXT = {"type": "string"}
_WHOLE = {"type": "integer", "minimum": 0}
RATE_LIMIT = {
    "RateLimit-Policy": {"description": "Each limit: requests `q` in a window of `w` seconds.", "schema": _TEXT},
    "RateLimit": {"description": "Of each limit, what remains: `r` requests, `t` seconds.", "schema": _TEXT},
    "RateLimit-Limit": {"description": "Of the tightest limit: requests.", "schema": _WHOLE, "deprecated": True},
    "RateLimit-Remaining": {"description": "Requests that are left.", "schema": _WHOLE, "deprecated": True},
    "RateLimit-Reset": {"description": "Seconds until it is whole.", "schema": _WHOLE, "deprecated": True},
}
_RETRY = {"Retry-After": {"description": "Seconds to wait before the next try.", "schema": _WHOLE, "required": True}}
_ETAG = {"ETag": {"description": "Of the content: send it as If-None-Match.", "schema": _TEXT, "required": True}}
_ALLOW = {"Allow": {"description": "The methods that the address knows.", "schema": _TEXT, "required": True}}
_SIGN_IN = {"WWW-Authenticate": {"description": "How to sign in.", "schema": _TEXT, "required": True}}
_HEADERS: dict[str, dict[str, Any]] = {"401": _SIGN_IN, "405": _ALLOW, "429": _RETRY, "503": _RETRY}

#: By status what is said of it, and one example: code and sentence.
_REFUSALS: dict[str, tuple[str, str, str]] = {
    "400": ("What was sent is not what is taken.", "unknown_field", "There is no such field."),
    "401": (
        "Nobody is signed in, or not any more.",
        "not_authenticated",
        "Authentication credentials were not provided.",
    ),
    "403": (
        "The session's CSRF token is missing, or this is not for everybody.",
        "permission_denied",
        "You do not have permission to perform this action.",
    ),
    "404": ("There is no such thing.", "not_found", "Not found."),
    "405": ("The address knows other methods: see Allow.", "method_not_allowed", 'Method "PUT" not allowed.'),
    "413": ("The body is too large.", RequestTooLarge.code, RequestTooLarge.message),
    "415": (
        "The body is not said to be JSON.",
        "unsupported_media_type",
        'Unsupported media type "text/plain" in request.',
    ),
    "429": ("Too many requests.", RateLimited.code, RateLimited.message),
    "503": ("A part of the exchange is away, or busy.", ServiceUnavailable.code, ServiceUnavailable.message),
}


def complete(result: dict[str, Any], generator: Any, **_: Any) -> dict[str, Any]:
    """Complete every answer of the schema with its headers and examples. A hook of drf-spectacular."""
    polled = {path for path, _, method, view in generator.endpoints if method == "GET" and hasattr(view.cls, "vary_on")}
    returned = json.loads(RETURNED.read_text()) if RETURNED.exists() else {}
    parts = result["components"]
    parts["headers"] = {**RATE_LIMIT, **_RETRY, **_ETAG, **_ALLOW, **_SIGN_IN}
    parts["responses"] = {}
    for path, methods in result["paths"].items():
        for method, operation in methods.items():
            if not any(operation.get("security", ())):
                # To generators a choice of nothing alone is a need.
                operation["security"] = []
            answers = operation["responses"]
            if method == "get" and path in polled:
                # A file is streamed without one.
                is_file_too = len(answers["200"].get("content", ())) > 1
                answers["200"]["headers"] = (
                    {"ETag": {**_ETAG["ETag"], "required": False}} if is_file_too else _references(_ETAG)
                )
                answers["304"] = {"description": "As If-None-Match has it.", "headers": _references(_ETAG)}
            _give_example(answers, returned.get(operation["operationId"]))
            operation["responses"] = {
                status: _completed(status, answers[status], parts["responses"]) for status in sorted(answers)
            }
    parts["schemas"].pop("NullEnum", None)
    return _with_null(result)  # type: ignore[no-any-return]


def _completed(status: str, answer: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    """Return the answer with all that is known of its status; answers without details of their own share a
    component.
    """
    headers = _references({**RATE_LIMIT, **_HEADERS.get(status, {})})
    answer["headers"] = {**answer.get("headers", {}), **headers}
    if status not in _REFUSALS:
        answer["description"] = answer["description"] or HTTPStatus(int(status)).phrase
        return answer
    said, code, detail = _REFUSALS[status]
    content = answer["content"]["application/json"]
    is_own = bool(answer["description"]) or "examples" in content
    answer["description"] = f"{said} {answer['description']}".strip()
    content.setdefault("examples", {code: {"value": _refusal(int(status), code, detail)}})
    if is_own:
        return answer
    name = HTTPStatus(int(status)).phrase.title().replace(" ", "")
    shared[name] = answer
    return {"$ref": f"#/components/responses/{name}"}


def _references(headers: Mapping[str, Any]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in headers}


def _refusal(status: int, code: str, detail: str) -> dict[str, Any]:
    kind = "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "client_error"
    kind = "validation_error" if status == HTTPStatus.BAD_REQUEST else kind
    attr = "worst_prise" if code == "unknown_field" else None
    return {"type": kind, "errors": [{"code": code, "detail": detail, "attr": attr}]}


def _give_example(answers: dict[str, Any], body: Any) -> None:
    for status, answer in answers.items():
        if body is not None and status.startswith("2") and "application/json" in answer.get("content", {}):
            answer["content"]["application/json"]["examples"] = {"returned": {"value": body}}


def _with_null(node: Any) -> Any:
    """Write null as OpenAPI 3.1 does: a type among others, where the libraries write `nullable` or name an enum of
    null.
    """
    if isinstance(node, list):
        return [_with_null(part) for part in node]
    if not isinstance(node, dict):
        return node
    if node.get("$ref") == "#/components/schemas/NullEnum":
        return {"type": "null"}
    node = {name: _with_null(part) for name, part in node.items()}
    if node.get("nullable") is True and isinstance(node.get("type"), str):
        node = {name: part for name, part in node.items() if name != "nullable"} | {"type": [node["type"], "null"]}
    return node
