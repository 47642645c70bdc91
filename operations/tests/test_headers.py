"""Every answer has the security headers, and no page runs a script or style that stands in it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from channels.testing import HttpCommunicator
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError
from django.test import Client, RequestFactory

from accounts.errors import NoMail
from accounts.models import User
from config.asgi import application
from core.web.error_pages import refusal_response
from core.web.origins import checked_stream_url, origin_of, refuse_path_prefix
from core.web.security_headers import EVERY_ANSWER, every_answer
from operations.api_docs import REDOC_STYLES

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("markets")]

#: Every kind of answer: of players, guests and administrators, errors, files, data.
PAGES = [
    "/",
    "/biome-market/ocean/",
    "/portfolio/",
    "/transactions/",
    "/marketplace/",
    "/marketplace/own/",
    "/leaderboard/",
    "/map/",
    "/transfer/",
    "/account/",
    "/account/tokens/",
    "/no-such-page/",
    "/admin/",
    "/admin/accounts/user/",
    "/admin/accounts/user/add/",
    "/admin/markets/economicsettings/",
    "/admin/password_change/",
    "/password-reset/",
    "/api/docs/",
]
DATA = [
    "/api/v1/biome-market/markets",
    "/api/v1/no-such-thing",
    "/api/schema/",
    "/api/asyncapi/",
    "/healthz",
    "/robots.txt",
]
FILES = ["/static/css/site.css", "/static/no-such-file.css"]


@pytest.fixture
def administrator(db: None) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("root", "root@example.org"))
    return client


def policy_of(reply: Any) -> dict[str, str]:
    policy = reply["Content-Security-Policy"]
    return {name: rest for name, _, rest in (part.strip().partition(" ") for part in policy.split(";"))}


def assert_kept_apart(reply: Any) -> None:
    for name in EVERY_ANSWER.keys() - {"Content-Security-Policy"}:
        assert reply[name] == EVERY_ANSWER[name], name
    policy = policy_of(reply)
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in reply["Content-Security-Policy"]
    assert "*" not in reply["Content-Security-Policy"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page(administrator: Client, path: str) -> None:
    reply = administrator.get(path)
    assert_kept_apart(reply)
    policy = policy_of(reply)
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert policy["object-src"] == policy["base-uri"] == "'none'"
    page = reply.content.decode()
    assert "<style" not in page
    assert not re.search(r"\sstyle=|\son[a-z]+=", page)
    for script in re.findall(r"<script\b[^>]*>", page):
        assert "src=" in script or "application/json" in script


@pytest.mark.parametrize("path", DATA)
def test_data(client: Client, path: str) -> None:
    assert_kept_apart(client.get(path))


@pytest.mark.parametrize("path", FILES)
def test_a_file(client: Client, path: str) -> None:
    reply = client.get(path)
    reply.close()
    assert_kept_apart(reply)
    assert "Access-Control-Allow-Origin" not in reply


def test_a_file_says_no_more_than_data_does(client: Client) -> None:
    """A page loads dozens of them, and each answer's head is counted with it."""
    reply = client.get("/static/css/site.css")
    reply.close()
    assert reply["Content-Security-Policy"] == EVERY_ANSWER["Content-Security-Policy"]
    assert "script-src" in client.get("/static/no-such-file.css")["Content-Security-Policy"]


def test_what_is_refused_before_any_view(client: Client, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    forged = client.get("/", headers={"host": "forged.example.org"})
    assert forged.status_code == 400
    assert_kept_apart(forged)
    assert_kept_apart(client.get("/"))


def test_maintenance(client: Client, settings: Any) -> None:
    settings.MAINTENANCE = True
    reply = client.get("/")
    assert reply.status_code == 503
    assert_kept_apart(reply)


@pytest.mark.parametrize("path", ["/", "/api/v1/wallet"])
def test_who_is_to_come_again_is_told_when(client: Client, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setattr(NoMail, "retry_after_secs", None)
    reply = every_answer(lambda request: refusal_response(request, NoMail()))(RequestFactory().get(path))
    assert (reply.status_code, reply["Retry-After"]) == (503, "1")


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("auth/register", {"username": "ada", "email": "ada@example.org", "password": "a long passphrase of mine"}),
        ("auth/token", {"username": "alice", "password": "a long passphrase of mine"}),
        ("auth/token/refresh", {"refresh": "forged"}),
        ("auth/me", None),
        ("auth/sign-ins", None),
        ("biome-market/quote", {"biome": "ocean", "side": "buy", "spend": "1"}),
        ("biome-market/track-attention", None),
    ],
)
def test_nobody_keeps_what_only_one_may_know(client: Client, alice: User, path: str, form: Any) -> None:
    alice.set_password("a long passphrase of mine")
    alice.save()
    client.force_login(alice)
    path = f"/api/v1/{path}"
    reply = client.get(path) if form is None else client.post(path, form, "application/json")
    assert reply["Cache-Control"] == "no-store"


def test_a_fault(administrator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any, **kwargs: Any) -> None:
        raise OperationalError

    monkeypatch.setattr("analytics.views.portfolio.render", away)
    reply = administrator.get("/portfolio/")
    assert reply.status_code == 503
    assert_kept_apart(reply)


@pytest.mark.parametrize("path", ["/healthz", "/", "/api/v1/realtime/events?room=none"])
async def test_the_streams_server(path: str) -> None:
    reply = await HttpCommunicator(application, "GET", path).get_response()
    headers = {name.decode().title(): value.decode() for name, value in reply["headers"]}
    assert {name.title(): value for name, value in EVERY_ANSWER.items()}.items() <= headers.items()


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("wss://streams.example.org", "wss://streams.example.org"),
        ("https://streams.example.org/below/", "wss://streams.example.org"),
        ("ws://127.0.0.1:8001", "ws://127.0.0.1:8001"),
    ],
)
def test_the_policy_names_the_streams_by_origin(address: str, origin: str) -> None:
    assert origin_of(address) == origin


@pytest.mark.parametrize(
    ("host", "url", "source"),
    [
        ("127.0.0.1:8000", "ws://127.0.0.1:8001", "ws://127.0.0.1:8001"),
        ("localhost:8000", "ws://localhost:8001", "ws://localhost:8001"),
        ("localhost", "ws://localhost:8001", "ws://localhost:8001"),
        ("[::1]:8000", "ws://[::1]:8001", "ws:"),
    ],
)
def test_a_page_finds_the_streams_by_its_own_name(
    client: Client, settings: Any, host: str, url: str, source: str
) -> None:
    settings.STREAM_URL = "ws://127.0.0.1:8001"
    reply = client.get("/sign-in/", headers={"host": host})
    assert f'<meta name="stream-url" content="{url}/api/v1/ws">' in reply.content.decode()
    [connect] = [part for part in reply["Content-Security-Policy"].split("; ") if part.startswith("connect-src")]
    assert connect == f"connect-src 'self' {source}"


def test_streams_elsewhere_stay_where_the_settings_say(client: Client, settings: Any) -> None:
    settings.STREAM_URL = "wss://streams.example.org"
    reply = client.get("/sign-in/", headers={"host": "localhost:8000"})
    assert 'content="wss://streams.example.org/api/v1/ws"' in reply.content.decode()
    assert "connect-src 'self' wss://streams.example.org" in reply["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("ws://[::1]:8001", "IPv6"),
        ("wss://[2001:db8::1]", "IPv6"),
        ("ws://[::1", "no address"),
        ("ws://localhost:port", "no address"),
        ("localhost:8001", "no address"),
        ("ftp://localhost", "no address"),
        ("ws://", "no address"),
    ],
)
def test_an_address_that_no_page_could_use_is_refused(address: str, reason: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"STREAM_URL .*{reason}"):
        checked_stream_url(address)


@pytest.mark.parametrize("address", ["", "ws://127.0.0.1:8001", "https://streams.example.org/below/"])
def test_an_address_that_pages_can_use_is_taken(address: str) -> None:
    assert checked_stream_url(address) == address


def test_the_documentations_script_stands_by_itself(client: Client) -> None:
    page = client.get("/api/docs/").content.decode()
    [script] = re.findall(r'src="(/api/docs/[^"]+)"', page)
    reply = client.get(script)
    assert reply["Content-Type"] == "application/javascript"
    assert "SwaggerUIBundle" in reply.content.decode()
    assert "data:" in policy_of(client.get("/api/docs/"))["img-src"]


def test_the_references_styles_are_its_scripts_alone(client: Client) -> None:
    """The reference's styles are allowed by their hashes: no other style that got into the page would count."""
    policy = policy_of(client.get("/api/redoc/"))
    assert (policy["script-src"], policy["style-src"]) == ("'self'", " ".join(["'self'", *REDOC_STYLES]))
    assert all(style.startswith("'sha256-") for style in REDOC_STYLES)


@pytest.mark.parametrize("variable", ["FORCE_SCRIPT_NAME", "SCRIPT_NAME", "ROOT_PATH"])
def test_a_site_under_a_path_is_refused_at_the_start(variable: str) -> None:
    with pytest.raises(
        ImproperlyConfigured, match=f"{variable} is set, and the exchange cannot be served under a path"
    ):
        refuse_path_prefix({variable: "/exchange/"})
    refuse_path_prefix({variable: "/"})
