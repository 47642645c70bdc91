"""No visitor reads or changes what is another's, at any address, by any method, and no request causes a fault.

A stranger, with an account and nothing else, asks for another player's things with forms that are filled in well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.test import Client
from django.utils import timezone
from django.utils.http import urlsafe_base64_encode
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts.keys.registry import digest_of
from accounts.models import ApiKey, SignIn, User
from core.web.rate_limits import FixedWindowThrottle
from marketplace.models import Bid, Land, Listing
from operations.tests.attackers import SECRETS, Exchange
from operations.tests.attackers import exchange as exchange
from operations.tests.routes import (
    EXPECTED,
    METHODS,
    NOT_FOR_KEYS,
    OPEN_ADMINISTRATION,
    SCOPES,
    SENT,
    WITHOUT_CREDENTIAL,
    all_routes,
)
from trading.models import Holding, Transaction, Wallet

pytestmark = pytest.mark.django_db

ADMIN = "admin/"
#: Routes of the administration that are patterns, and what they are about.
APP_LIST = next(route for route in all_routes() if "app_label" in route)
ANYTHING_ELSE = "admin/(?P<url>.*)$"
_PART = re.compile(r"<(?:\w+:)?(\w+)>")
REFUSED = {302, 401, 403, 404, 405}


@pytest.fixture(autouse=True)
def uncounted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FixedWindowThrottle, "allow_request", lambda *_: True)


class Walker:
    """A client that requests every address, and stays signed in though some of them sign out."""

    def __init__(self, user: User | None, ids: dict[str, Any]) -> None:
        self.user, self.ids = user, ids
        self.client = Client(raise_request_exception=False)

    def ask(self, route: str, method: str) -> tuple[int, str]:
        """Return the status and the whole content of the answer."""
        reply = self.reply(route, method)
        content = b"".join(reply.streaming_content) if reply.streaming else reply.content
        return int(reply.status_code), content.decode("latin-1")

    def reply(self, route: str, method: str) -> Any:
        """Return the answer."""
        session = self.client.cookies.get(settings.SESSION_COOKIE_NAME)
        if self.user is not None and not (session and session.value):
            self.client.force_login(self.user)
        path = self._path(route)
        if method in ("GET", "HEAD"):
            return self.client.generic(method, f"{path}?{SENT.get((route, 'GET'), '')}")
        form: dict[str, Any] = SENT.get((route, method), {})  # type: ignore[assignment]  # none but a GET's is text
        return self._send(path, method, self._filled(form), is_api=route.startswith("api/"))

    def _path(self, route: str) -> str:
        if not route.startswith(ADMIN):
            return "/" + _PART.sub(lambda part: str(self.ids.get(route + part[1], self.ids.get(part[1]))), route)
        about = [
            model
            for model in apps.get_models()
            if route.startswith(f"admin/{model._meta.label_lower}/".replace(".", "/"))
        ]
        first = about[0]._default_manager.order_by("pk").first() if about else None
        route = route.replace(APP_LIST, "admin/trading/").replace(ANYTHING_ELSE, "admin/nothing")
        return "/" + _PART.sub(lambda _: str(first.pk if first else 1), route)

    def _filled(self, form: dict[str, Any]) -> dict[str, Any]:
        return {
            name: self.ids.get(value[1:], value) if str(value)[:1] == "$" else value for name, value in form.items()
        }

    def _send(self, path: str, method: str, form: dict[str, Any], *, is_api: bool) -> Any:
        if is_api:
            return self.client.generic(method, path, json.dumps(form), "application/json")
        return self.client.post(path, form) if method == "POST" else self.client.generic(method, path)


@pytest.fixture
def ids(exchange: Exchange) -> dict[str, Any]:
    """Return the ids of the other player's things, by the names that routes and forms have for them."""
    listing = Listing.objects.get(seller=exchange.other, kind=Listing.Kind.AUCTION)
    sign_in = SignIn.objects.get(player=exchange.other).pk
    key = ApiKey.objects.create(
        player=exchange.other, name=SECRETS[1], prefix="bxk_", digest=b"", scopes=["read"], made_at=timezone.now()
    )
    return {
        # The one number that is another thing's elsewhere.
        "account/sign-ins/<int:number>/end/number": sign_in,
        "sign_in_id": sign_in,
        "account/keys/<int:number>/end/number": key.pk,
        "key_id": key.pk,
        "biome": "ocean",
        "seed": 7,
        "side": 4,
        "x": 1,
        "y": 1,
        "proof": "forged",
        "uidb64": urlsafe_base64_encode(str(exchange.other.pk).encode()),
        "token": "forged",
        "number": Transaction.objects.get(reason=SECRETS[1]).pk,
        "key": Transaction.objects.get(reason=SECRETS[1]).operation,
        "land_id": listing.land_id,
        "listing_id": listing.pk,
    }


def test_every_route_is_expected() -> None:
    known = {route for route in all_routes() if not route.startswith(ADMIN)}
    assert known == set(EXPECTED), "name a new route and what it answers in operations/tests/routes.py"


def test_no_role_gets_more_than_is_expected(exchange: Exchange, ids: dict[str, Any]) -> None:
    walkers = [Walker(user, ids) for user in (None, exchange.stranger, exchange.administrator)]
    met = {
        route: {method: tuple(walker.ask(route, method)[0] for walker in walkers) for method in methods}
        for route, methods in EXPECTED.items()
    }
    assert met == EXPECTED


@pytest.mark.parametrize("role", ["guest", "stranger"])
def test_nothing_of_another_is_told_or_changed(exchange: Exchange, ids: dict[str, Any], role: str) -> None:
    before = belongings(exchange.other)
    walker = Walker(getattr(exchange, role, None), ids)
    for route in all_routes():
        for method in METHODS:
            status, content = walker.ask(route, method) if not route.startswith(ADMIN) else (0, "")
            told = [secret for secret in SECRETS if secret in content]
            assert (status < 500 or route == "readyz", told) == (True, []), (route, method, status)
            assert method in {"HEAD", "OPTIONS", *EXPECTED.get(route, METHODS)} or status in REFUSED, (route, method)
    assert belongings(exchange.other) == before


@pytest.mark.parametrize("role", ["guest", "stranger"])
def test_only_staff_administers(exchange: Exchange, ids: dict[str, Any], role: str) -> None:
    walker = Walker(getattr(exchange, role, None), ids)
    for route in administration():
        for method in ("GET", "POST"):
            status, content = walker.ask(route, method)
            is_open = route in OPEN_ADMINISTRATION and status < 400
            assert is_open or status == 403 or (status, content) == (302, ""), (route, method, status)


def test_staff_without_permission_is_told_nothing(exchange: Exchange, ids: dict[str, Any]) -> None:
    walker = Walker(User.objects.create_user("clerk", "clerk@example.org", is_staff=True), ids)
    for route in administration():
        for method in ("GET", "POST"):
            status, content = walker.ask(route, method)
            assert (status < 500, [secret for secret in SECRETS if secret in content]) == (True, []), (route, method)


def test_no_page_of_the_administration_breaks(exchange: Exchange, ids: dict[str, Any]) -> None:
    walker = Walker(exchange.administrator, ids)
    broken = [
        (route, method)
        for route in administration()
        for method in ("GET", "POST")
        if walker.ask(route, method)[0] >= 500
    ]
    assert broken == []


@pytest.mark.parametrize("scope", ApiKey.Scope.values)
def test_each_scope_opens_what_it_names_and_nothing_else(exchange: Exchange, ids: dict[str, Any], scope: str) -> None:
    text = f"bxk_{scope}"
    ApiKey.objects.create(
        player=exchange.stranger, name=scope, prefix="bxk_", digest=digest_of(text), scopes=[scope],
        made_at=timezone.now(),
    )  # fmt: skip
    holder = Walker(None, ids)
    holder.client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {text}"})
    met, expected = {}, {}
    for route, methods in EXPECTED.items():
        for method in (*methods, "HEAD") if "GET" in methods else methods:
            if not route.startswith("api/"):
                continue
            status, content = holder.ask(route, method)
            code = json.loads(content)["errors"][0]["code"] if status == 403 and method != "HEAD" else ""
            met[route, method] = (status, code if code in ("scope_missing", "not_for_keys") else "")
            answered = methods["GET" if method == "HEAD" else method]
            expected[route, method] = scoped(route, method, scope, answered)
    assert met == expected


def scoped(route: str, method: str, scope: str, answered: tuple[int, int, int]) -> tuple[int, str]:
    """Return the status for a key of the stranger's with this scope, and the code of a refusal."""
    if route in WITHOUT_CREDENTIAL:
        return answered[0], ""
    needed = SCOPES.get((route, method), "read" if method in ("GET", "HEAD") else None)
    if route in NOT_FOR_KEYS or needed is None:
        return 403, "" if method == "HEAD" else "not_for_keys"
    return (answered[1], "") if needed == scope else (403, "" if method == "HEAD" else "scope_missing")


def administration() -> Iterator[str]:
    return (route for route in all_routes() if route.startswith(ADMIN))


def belongings(user: User) -> list[Any]:
    """Return all rows of a player."""
    whose = {
        Wallet: {"player": user},
        Holding: {"player": user},
        Land: {"owner": user},
        Listing: {"seller": user},
        Bid: {"bidder": user},
        Transaction: {},
        User: {"pk": user.pk},
        SignIn: {"player": user},
        ApiKey: {"player": user},
        OutstandingToken: {"user": user},
        BlacklistedToken: {"token__user": user},
    }
    return [list(model.objects.filter(**of).order_by("pk").values()) for model, of in whose.items()]
