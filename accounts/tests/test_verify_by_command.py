"""`manage.py verify_player`: whoever runs the server says that an address is a player's, in an administrator's name."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command

from accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada", "ada@example.com", "a password for stories")


@pytest.fixture
def warden() -> User:
    return User.objects.create_superuser("warden", "warden@example.com", "a password for stories")


def test_the_address_is_verified_and_the_log_tells_of_it(
    ada: User, warden: User, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("verify_player", "ADA", by="warden", reason="mail is down")
    ada.refresh_from_db()
    assert ada.verified_at is not None
    [entry] = LogEntry.objects.all()
    assert (entry.user, entry.object_id, str(entry.get_edited_object())) == (warden, str(ada.pk), "ada")
    assert entry.get_change_message() == "Verified the address by command. Reason: mail is down"
    assert capsys.readouterr().out == "The address of ada is verified.\n"


@pytest.mark.usefixtures("warden")
def test_twice_is_once(ada: User) -> None:
    for _ in range(2):
        call_command("verify_player", "ada", by="warden", reason="mail is down")
    assert LogEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"by": "nobody"}, "There is no active account 'nobody'"),
        ({"by": "ada"}, "ada may not do this: accounts.verify_player is missing"),
        ({"username": "nobody"}, "There is no active account 'nobody'"),
        ({"reason": " "}, "--reason says nothing"),
    ],
)
@pytest.mark.usefixtures("warden")
def test_refusals(ada: User, asked: dict[str, Any], words: str) -> None:
    request = {"username": "ada", "by": "warden", "reason": "mail is down"} | asked
    with pytest.raises(CommandError, match=words):
        call_command("verify_player", request.pop("username"), **request)
    ada.refresh_from_db()
    assert (ada.verified_at, LogEntry.objects.count()) == (None, 0)
