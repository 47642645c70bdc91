import select
from functools import partial
from threading import Barrier

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, OperationalError, connection, transaction
from psycopg import errors as pg
from psycopg.waiting import Ready

from core.database.transactions import LastRow, after_commit, retry_deadlocks, short_transaction
from core.errors import MarketBusy


def lock_timeout():
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        return cursor.fetchone()[0]


def lock(name):
    return Group.objects.select_for_update().get(name=name)


@pytest.fixture
def two_rows(transactional_db):
    Group.objects.bulk_create([Group(name="one"), Group(name="two")])


class TestShortTransaction:
    def test_commits(self, transactional_db):
        with short_transaction():
            Group.objects.create(name="one")
        assert Group.objects.count() == 1

    def test_rolls_back_what_fails(self, transactional_db):
        with pytest.raises(IntegrityError), short_transaction():
            Group.objects.bulk_create([Group(name="one"), Group(name="one")])
        assert Group.objects.count() == 0

    def test_bounds_the_wait_for_locks_until_it_ends(self, transactional_db, settings):
        settings.LOCK_TIMEOUT_MS = 123
        before = lock_timeout()
        with short_transaction():
            assert lock_timeout() == "123ms"
        assert lock_timeout() == before == "0"

    def test_is_no_part_of_another(self, transactional_db):
        with transaction.atomic(), pytest.raises(RuntimeError, match="durable"), short_transaction():
            pytest.fail("it began")

    def test_that_waits_too_long_is_busy_and_changes_nothing(self, two_rows, in_thread, settings):
        settings.LOCK_TIMEOUT_MS = 50

        def write():
            with short_transaction():
                Group.objects.create(name="three")
                lock("one")

        with transaction.atomic():
            lock("one")
            with pytest.raises(MarketBusy) as refusal:
                in_thread(write).result(timeout=10)
        assert isinstance(refusal.value.__cause__.__cause__, pg.LockNotAvailable)
        assert (refusal.value.code, refusal.value.status, refusal.value.retry_after_secs) == ("market_busy", 503, 1)
        assert list(Group.objects.order_by("pk").values_list("name", flat=True)) == ["one", "two"]

    def test_that_says_nothing_for_too_long_frees_its_locks_and_is_busy(self, two_rows, in_thread, settings):
        settings.TRANSACTION_SILENT_MS = 200

        def write():
            with short_transaction():
                lock("one").delete()

        def freeze():
            with short_transaction():
                Group.objects.create(name="three")
                lock("one")
                in_thread(write).result(timeout=10)
                lock("two")

        with pytest.raises(MarketBusy) as refusal:
            freeze()
        assert isinstance(refusal.value.__cause__.__cause__, pg.IdleInTransactionSessionTimeout)
        assert Group.objects.get().name == "two"

    def test_gets_a_lock_that_is_free_in_time(self, two_rows, in_thread, until_blocked):
        def write():
            with short_transaction():
                lock("one").delete()

        with transaction.atomic():
            lock("one")
            rival = in_thread(write)
            until_blocked()
        rival.result(timeout=10)
        assert Group.objects.get().name == "two"

    def test_raises_other_errors_of_the_database_as_they_are(self, transactional_db):
        with pytest.raises(OperationalError) as failure, short_transaction(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 1; SELECT pg_sleep(5)")
        assert isinstance(failure.value.__cause__, pg.QueryCanceled)


def losing(times, error=pg.DeadlockDetected):
    """Return a writer that the database ends so many times before it succeeds, and the list of its attempts."""
    tries = []

    @retry_deadlocks
    def door(answer, *, extra):
        """Answer."""
        tries.append((answer, extra))
        if len(tries) <= times:
            raise OperationalError from error()
        return answer

    return door, tries


def crossing_writers():
    """Return two writers that lock one row each before they reach for the other's, and the list of their attempts."""
    both_hold_one = Barrier(2, timeout=10)
    tries = []

    def write(first, second):
        tries.append(first)
        with short_transaction():
            lock(first)
            if len(tries) <= 2:
                both_hold_one.wait()
            lock(second)
            Group.objects.create(name=f"{first} then {second}")

    return [partial(write, "one", "two"), partial(write, "two", "one")], tries


class TestRetryDeadlocks:
    @pytest.mark.parametrize("error", [pg.DeadlockDetected, pg.SerializationFailure])
    @pytest.mark.parametrize("times", [0, 1, 3])
    def test_tries_again_with_the_same_arguments(self, times, error):
        door, tries = losing(times, error)
        assert door("in", extra=7) == "in"
        assert tries == [("in", 7)] * (times + 1)

    def test_that_loses_every_time_is_busy(self, settings):
        settings.DEADLOCK_RETRIES = 2
        door, tries = losing(99)
        with pytest.raises(MarketBusy):
            door("in", extra=7)
        assert len(tries) == 3

    def test_raises_other_errors_at_once(self):
        door, tries = losing(1, pg.QueryCanceled)
        with pytest.raises(OperationalError):
            door("in", extra=7)
        assert len(tries) == 1

    def test_keeps_the_name_of_the_door(self):
        door, _ = losing(0)
        assert (door.__name__, door.__doc__) == ("door", "Answer.")

    def test_writers_that_lock_in_opposite_order_both_succeed(self, two_rows, run_together):
        writers, tries = crossing_writers()
        assert run_together([retry_deadlocks(writer) for writer in writers]) == [None, None]
        assert len(tries) == 3
        assert set(Group.objects.values_list("name", flat=True)) == {"one", "two", "one then two", "two then one"}

    def test_without_it_one_of_them_fails(self, two_rows, run_together):
        """The negative control of the test above: without retries one of the writers fails."""
        writers, tries = crossing_writers()
        [failure] = filter(None, run_together(writers))
        assert isinstance(failure.__cause__, pg.DeadlockDetected)
        assert len(tries) == 2
        assert Group.objects.count() == 3


class TestLastRow:
    ADD = "INSERT INTO auth_group (name) VALUES (%(name)s) RETURNING name, length(name)"

    def test_goes_with_the_commit(self, transactional_db):
        with short_transaction():
            row = LastRow(self.ADD, {"name": "one"})
            assert not Group.objects.exists()
        assert row.read() == ("one", 3)
        assert [group.name for group in Group.objects.all()] == ["one"]

    def test_that_fails_rolls_all_back_and_the_connection_goes_on(self, transactional_db, caplog):
        Group.objects.create(name="one")

        def write():
            with short_transaction():
                Group.objects.create(name="two")
                LastRow(self.ADD, {"name": "one"})

        with pytest.raises(IntegrityError) as error:
            write()
        assert isinstance(error.value.__cause__, pg.UniqueViolation)
        with short_transaction():
            row = LastRow(self.ADD, {"name": "three"})
        assert row.read() == ("three", 5)
        assert [group.name for group in Group.objects.order_by("pk")] == ["one", "three"]
        assert caplog.messages == []

    def test_that_is_refused_while_the_commit_is_sent_fails_the_same(self, transactional_db, caplog, monkeypatch):
        Group.objects.create(name="one")
        connected = connection.connection
        commit = connected.commit

        def wait(sending):
            """Read what has arrived once, then only write: the server takes its time to answer the COMMIT."""
            next(sending)
            sending.send(Ready.RW)
            while True:
                sending.send(Ready.W)

        def commit_after_the_answer():
            answered, _, _ = select.select([connected.fileno()], [], [], 10)
            assert answered
            with monkeypatch.context() as slow:
                slow.setattr(connected, "wait", wait)
                commit()

        def write():
            with short_transaction():
                LastRow(self.ADD, {"name": "one"})

        monkeypatch.setattr(connected, "commit", commit_after_the_answer)
        with pytest.raises(IntegrityError) as error:
            write()
        monkeypatch.undo()
        assert isinstance(error.value.__cause__, pg.UniqueViolation)
        with short_transaction():
            row = LastRow(self.ADD, {"name": "two"})
        assert row.read() == ("two", 3)
        assert caplog.messages == []

    def test_that_writes_no_row_commits_and_cannot_be_read(self, transactional_db):
        with short_transaction():
            Group.objects.create(name="one")
            row = LastRow("UPDATE auth_group SET name = 'three' WHERE name = %(name)s RETURNING name", {"name": "none"})
        with pytest.raises(AssertionError):
            row.read()
        assert [group.name for group in Group.objects.all()] == ["one"]

    def test_that_waits_too_long_is_busy(self, two_rows, in_thread, settings):
        settings.LOCK_TIMEOUT_MS = 50

        def write():
            with short_transaction():
                LastRow("UPDATE auth_group SET name = %(name)s WHERE name = 'one' RETURNING id", {"name": "three"})

        with transaction.atomic():
            lock("one")
            with pytest.raises(MarketBusy):
                in_thread(write).result(timeout=10)

    def test_of_a_transaction_that_failed_is_not_left_to_the_next(self, transactional_db):
        def write():
            with short_transaction():
                LastRow(self.ADD, {"name": "one"})
                raise ValueError("no")

        with pytest.raises(ValueError, match="no"):
            write()
        Group.objects.create(name="two")
        with short_transaction():
            Group.objects.create(name="three")
        assert [group.name for group in Group.objects.order_by("pk")] == ["two", "three"]

    def test_of_a_connection_that_was_lost_is_not_left_to_the_next(self, transactional_db):
        def write():
            with short_transaction():
                LastRow(self.ADD, {"name": "one"})
                connection.close()
                raise ValueError("no")

        with pytest.raises(ValueError, match="no"):
            write()
        with short_transaction():
            Group.objects.create(name="two")
        assert [group.name for group in Group.objects.all()] == ["two"]

    def test_within_another_transaction_is_written_at_once(self, db):
        with transaction.atomic():
            row = LastRow(self.ADD, {"name": "one"})
            assert Group.objects.filter(name="one").exists()
        assert row.read() == ("one", 3)


@pytest.mark.django_db(transaction=True)
def test_what_fails_after_the_commit_is_logged_and_nothing_more(caplog):
    def fail(word):
        raise RuntimeError(word)

    with short_transaction():
        after_commit(partial(fail, "too late"))

    assert "too late" in caplog.text
