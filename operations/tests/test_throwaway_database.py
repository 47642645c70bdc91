import os
import signal

import pytest
from django.db import connection

from accounts.models import User
from core.database import throwaway
from core.database.throwaway import throwaway_database

pytestmark = pytest.mark.django_db


def exists(name):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return cursor.fetchone() is not None


@pytest.fixture
def no_migrations(monkeypatch):
    monkeypatch.setattr(throwaway, "call_command", lambda *args, **options: None)


def end_inside(names, end):
    with throwaway_database(purpose="try") as database:
        assert exists(database.name)
        names.append(database.name)
        end()
        database.leave_if_ended()


def add_player():
    User.objects.create(username="someone", email="someone@example.org")


def test_it_is_the_default_one_inside_the_block_alone():
    usual = connection.settings_dict["NAME"]
    add_player()
    with throwaway_database(purpose="try") as database:
        assert database.name.startswith("try_")
        assert connection.settings_dict["NAME"] == database.name
        assert not User.objects.exists()
        add_player()
    assert connection.settings_dict["NAME"] == usual
    assert User.objects.count() == 1
    assert not exists(database.name)


def test_it_is_dropped_after_a_failure(no_migrations):
    names = []
    with pytest.raises(ZeroDivisionError):
        end_inside(names, lambda: 1 / 0)
    assert not exists(*names)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_is_dropped_when_the_command_is_ended(no_migrations, ending):
    names, before = [], signal.getsignal(ending)
    with pytest.raises(SystemExit) as left:
        end_inside(names, lambda: os.kill(os.getpid(), ending))
    assert left.value.code == 128 + ending
    assert not exists(*names)
    assert signal.getsignal(ending) == before


def test_it_is_dropped_when_the_command_is_ended_while_it_migrates(monkeypatch):
    names = []

    def ended(*args, **options):
        names.append(connection.settings_dict["NAME"])
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(throwaway, "call_command", ended)
    with pytest.raises(SystemExit):
        end_inside(names, lambda: pytest.fail("it went on"))
    assert not exists(*names)


def test_two_at_once_are_apart(migrated_template):
    with throwaway_database(purpose="try", template=migrated_template) as first:
        add_player()
        with throwaway_database(purpose="try", template=migrated_template) as second:
            assert first.name != second.name
            assert not User.objects.exists()
        assert User.objects.count() == 1
    assert not exists(first.name)
    assert not exists(second.name)
