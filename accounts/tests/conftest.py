from collections.abc import Callable, Iterator
from random import randrange

import pytest
from celery import current_app
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from accounts.registration import register_player
from accounts.tests.cast import PASSWORD


@pytest.fixture
def mails_at_once() -> Iterator[None]:
    """Run Celery tasks at once instead of queueing them."""
    current_app.conf.task_always_eager = True
    yield
    current_app.conf.task_always_eager = False


class JsonClient(APIClient):
    default_format = "json"


@pytest.fixture
def new_client() -> Callable[[], APIClient]:
    """Return a factory of clients with an address of their own each, as failures and requests are counted by
    address, the latter in Redis.
    """
    return lambda: JsonClient(enforce_csrf_checks=True, REMOTE_ADDR=some_address())


@pytest.fixture
def api(new_client: Callable[[], APIClient]) -> APIClient:
    return new_client()


@pytest.fixture
def new_browser() -> Callable[..., Client]:
    """Return a factory of browsers for pages, each at an address of its own."""
    return lambda **options: Client(REMOTE_ADDR=some_address(), **options)


@pytest.fixture
def browser(new_browser: Callable[..., Client]) -> Client:
    return new_browser()


def some_address() -> str:
    return f"10.{randrange(256)}.{randrange(256)}.{randrange(256)}"


@pytest.fixture
def ada(db: None) -> User:
    return register_player(username="ada", email="ada@example.org", password=PASSWORD, display_name="Ada L.")
