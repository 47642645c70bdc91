from collections.abc import Callable
from random import randrange

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.registration import register_player
from accounts.tests.cast import PASSWORD


@pytest.fixture(autouse=True)
def quick_hashes(settings) -> None:
    settings.PASSWORD_HASHERS = ["accounts.tests.cast.QuickArgon2PasswordHasher"]


class JsonClient(APIClient):
    default_format = "json"


@pytest.fixture
def new_client() -> Callable[[], APIClient]:
    """Clients at an address of their own each, as failures and requests are counted by address, the latter in Redis."""

    def client() -> APIClient:
        address = f"10.{randrange(256)}.{randrange(256)}.{randrange(256)}"
        return JsonClient(enforce_csrf_checks=True, REMOTE_ADDR=address)

    return client


@pytest.fixture
def api(new_client: Callable[[], APIClient]) -> APIClient:
    return new_client()


@pytest.fixture
def ada(db: None) -> User:
    return register_player(username="ada", email="ada@example.org", password=PASSWORD, display_name="Ada L.")
