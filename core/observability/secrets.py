"""Secrets that no log line and no report may contain: addresses that open an account, and tokens.

Addresses with a proof in them are named here once, for all writers of lines: ours, Django's, the servers', Sentry's.
"""

from __future__ import annotations

import logging
import re
from typing import Any

#: The beginnings of addresses that go on with a proof, as `accounts/page_urls.py` and nginx name them.
SECRET_ROUTES = ("password-reset", "new-address")
#: Parameters of addresses whose value is one.
SECRET_PARAMETERS = ("token", "access", "access_token", "refresh", "refresh_token", "code", "password", "key")

LEFT_OUT = "(left out)"
# A slash may be written %2F, as in the `next` of another address, and that once more.
_SLASH = r"(?:/|%(?:25)*2f)"
_REST = r"[^\s\"'<>)\]}]+"
_ROUTE = re.compile(rf"({_SLASH}(?:{'|'.join(SECRET_ROUTES)}){_SLASH}+){_REST}", re.IGNORECASE)
_PARAMETER = re.compile(
    rf"((?:[?&;]|%(?:25)*(?:3f|26))(?:{'|'.join(SECRET_PARAMETERS)})(?:=|%(?:25)*3d))[^&\s\"'<>]+", re.IGNORECASE
)
# A JSON Web Token, wherever it stands.
_TOKEN = re.compile(r"eyJ[\w-]{5,}\.eyJ[\w-]{5,}\.[\w-]*")
# A proof as Django signs them, where the address around it was mistyped: a time and an HMAC.
_PROOF = re.compile(r"\b[0-9a-z]{5,10}-[0-9a-f]{32}\b")
_PLAIN = (int, float, bool, type(None))


def without_secrets(text: str) -> str:
    """Return a text with `(left out)` in place of every proof and token in it."""
    for secret in (_ROUTE, _PARAMETER):
        text = secret.sub(rf"\1{LEFT_OUT}", text)
    return _PROOF.sub(LEFT_OUT, _TOKEN.sub(LEFT_OUT, text))


def cleared(content: Any) -> Any:
    """Return the content of a report or a record with every text in it, keys too, without secrets."""
    if isinstance(content, str):
        return without_secrets(content)
    if isinstance(content, dict):
        return {cleared(key): cleared(value) for key, value in content.items()}
    if isinstance(content, (list, tuple)):
        return type(content)(map(cleared, content)) if type(content) in (list, tuple) else content
    return content


def keep_out_of_records() -> None:
    """Have every record of `logging` made without secrets from now on, by any logger and for any handler."""
    make = logging.getLogRecordFactory()
    if getattr(make, "keeps_secrets_out", False):
        return

    def make_without_secrets(*arguments: Any, **options: Any) -> logging.LogRecord:
        record = make(*arguments, **options)
        record.msg = _said(record.msg)
        if isinstance(record.args, dict):
            record.args = {name: _said(value) for name, value in record.args.items()}
        elif isinstance(record.args, tuple):
            record.args = tuple(map(_said, record.args))
        return record

    make_without_secrets.keeps_secrets_out = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(make_without_secrets)


def _said(argument: Any) -> Any:
    """Return the argument of a line; as text without secrets where it contains one, as a request may."""
    if isinstance(argument, _PLAIN):
        return argument
    text = argument if isinstance(argument, str) else str(argument)
    told = without_secrets(text)
    return argument if told == text else told
