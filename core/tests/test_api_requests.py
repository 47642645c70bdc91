"""Requests to the API pass the middleware that they need, and no other."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory

from core.web import middleware

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("markets")]

MARKETS = "/api/v1/biome-market/markets"


@pytest.mark.parametrize("accept", ["application/json", "*/*", "text/html", "", "image/png;q=0.1"])
def test_the_api_answers_in_json_whatever_is_accepted(client: Client, accept: str) -> None:
    reply = client.get(MARKETS, headers={"Accept": accept})
    assert (reply.status_code, reply["Content-Type"]) == (200, "application/json")


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [("application/json", "application/json"), ("application/yaml", "application/yaml")],
)
def test_the_schema_comes_in_the_form_that_is_asked_for(client: Client, accept: str, content_type: str) -> None:
    assert client.get("/api/schema/", headers={"Accept": accept})["Content-Type"].split(";")[0] == content_type


def test_the_schema_is_one_for_everybody(client: Client) -> None:
    """The schema is the same whatever is added to its address: it is made once a process, and no header repeats the
    query.
    """
    plain, added = client.get("/api/schema/"), client.get("/api/schema/?version=1%0d%0aX: 1&lang=xx")
    assert (added.status_code, added.content, added["Content-Disposition"]) == (
        200, plain.content, 'inline; filename="biome-exchange.yaml"',
    )  # fmt: skip


@pytest.mark.parametrize("path", ["/api/schema/", "/api/asyncapi/"])
def test_descriptions_are_sent_once_and_small(client: Client, path: str) -> None:
    whole = client.get(path)
    small = client.get(path, headers={"Accept-Encoding": "gzip"})
    again = client.get(path, headers={"If-None-Match": whole["ETag"]})
    assert (small["Content-Encoding"], len(small.content) < len(whole.content) / 4) == ("gzip", True)
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", whole["ETag"])


@pytest.mark.parametrize(("path", "is_page"), [("/", True), ("/admin/", True), (MARKETS, False), ("/api", True)])
@pytest.mark.parametrize(("kind", "leaves"), [(middleware.PageHtmx, "htmx"), (middleware.PageMessages, "_messages")])
def test_only_pages_have_messages_and_htmx(path: str, is_page: bool, kind: type, leaves: str) -> None:
    request = RequestFactory().get(path)
    request.session = {}
    seen = []
    kind(lambda passed: seen.append(hasattr(passed, leaves)) or [])(request)
    assert seen == [is_page]


def test_security_headers_are_on_every_reply(client: Client) -> None:
    for path in ("/", MARKETS):
        reply = client.get(path)
        assert (reply["X-Frame-Options"], reply["X-Content-Type-Options"]) == ("DENY", "nosniff")
