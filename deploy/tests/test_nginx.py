"""nginx's own answers are the app's, word for word."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.conf import settings

from config.errors import DomainError, RateLimited, RequestTooLarge, ServiceUnavailable
from config.headers import EVERY_ANSWER
from config.problems import problem_reply

NGINX = Path(settings.BASE_DIR) / "deploy" / "nginx"
ANSWERS = {
    int(status): json.loads(body)
    for status, body in re.findall(r"return (\d+) '(\{.*\})';", (NGINX / "site.conf.template").read_text())
}


@pytest.mark.parametrize("refusal", [RequestTooLarge, RateLimited, ServiceUnavailable])
def test_refusals(refusal: type[DomainError]):
    said = problem_reply(status=refusal.status, code=refusal.code, detail=refusal.message)

    assert ANSWERS[refusal.status] == json.loads(said.content)


def test_headers():
    told = dict(re.findall(r'^add_header ([\w-]+) "(.*)" always;$', (NGINX / "headers.conf").read_text(), re.MULTILINE))

    assert told == EVERY_ANSWER
