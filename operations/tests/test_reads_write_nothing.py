"""No GET writes to the database, whoever asks: each is answered within a read-only transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import InternalError, connection, transaction
from django.utils import timezone

from accounts.models import User
from marketplace.models import Listing
from operations.tests.attackers import Exchange, access_token
from operations.tests.attackers import exchange as exchange
from operations.tests.routes import EXPECTED, all_routes
from operations.tests.test_walk_routes import ADMIN, Walker
from operations.tests.test_walk_routes import ids as ids
from operations.tests.test_walk_routes import uncounted as uncounted
from trading.models import Transaction, Wallet

pytestmark = pytest.mark.django_db

ROLES = ("guest", "player", "newcomer", "administrator")
#: The page that shows the key of an authenticator app makes that key, once, as Django's sessions are made: it is a
#: credential that opens nothing yet, and no part of the exchange's domain.
MAKES_KEY = "admin/second-factor/set-up/"
#: Descriptions of the API, the same for everyone: asked for once.
DESCRIPTIONS = {"api/schema/", "api/docs/", "api/redoc/", "api/asyncapi/"}


@contextmanager
def read_only() -> Iterator[None]:
    """Refuse every INSERT, UPDATE, DELETE and row lock, in PostgreSQL itself."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL transaction_read_only = on")
        yield
        transaction.set_rollback(True)


@pytest.fixture
def walker(exchange: Exchange, ids: dict[str, Any], settings: Any, request: pytest.FixtureRequest) -> Walker:
    """Return a visitor of this role, with a session that is in use already. All listings' time has run out."""
    settings.STARTING_GRANT_BDT = 1_000
    earlier = timezone.now() - timedelta(seconds=1)
    Listing.objects.update(opened_at=earlier - timedelta(days=1), ends_at=earlier)
    newcomer = User.objects.create_user("newcomer", "newcomer@example.org")
    users = {"guest": None, "newcomer": newcomer, "player": exchange.other, "administrator": exchange.administrator}
    visitor = Walker(users[request.param], ids)
    if visitor.user is not None:
        visitor.client.force_login(visitor.user)
        assert django_settings.SESSION_COOKIE_NAME in visitor.client.cookies
    return visitor


@pytest.mark.parametrize("walker", ROLES, indirect=True)
def test_no_get_writes(walker: Walker) -> None:
    routes = {route for route, methods in EXPECTED.items() if "GET" in methods}
    if walker.user is not None:
        routes -= DESCRIPTIONS
    if walker.user is not None and walker.user.is_superuser:
        routes |= {route for route in all_routes() if route.startswith(ADMIN) and route != MAKES_KEY}
    failed = []
    for route in sorted(routes):
        with read_only():
            status, _ = walker.ask(route, "GET")
        if status >= 500 and route != "readyz":
            failed.append((route, status))
    assert failed == []


def test_the_walk_refuses_writes(exchange: Exchange) -> None:
    with pytest.raises(InternalError, match="read-only transaction"), read_only():
        Listing.objects.update(title="Other")


def test_a_player_without_a_wallet_reads_as_one_with_zero(
    client: Any, alice: User, markets: None, settings: Any
) -> None:
    settings.STARTING_GRANT_BDT = 1_000
    client.force_login(alice)
    bearer = {"Authorization": f"Bearer {access_token(alice)}"}
    assert client.get("/portfolio/").status_code == 200
    told = client.get("/api/v1/wallet", headers=bearer).json()
    assert told == {"balance": "0.00", "held": "0.00", "total": "0.00"}
    assert (Wallet.objects.exists(), Transaction.objects.exists()) == (False, False)
