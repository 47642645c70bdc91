"""The table of waiting points does not grow when points come and go for a long time."""

import pytest
from django.db import InternalError, connection, transaction

from attention.biomes import Biome
from attention.meter import clear_away_taken, give_attention, take_attention
from attention.selectors import waiting_attention

ROWS = 3000


def come_and_go(player):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO attention_waitingattention (player_id, biome, points) SELECT %s, 'ocean', 1"
            " FROM generate_series(1, %s)",
            [player.pk, ROWS],
        )
    assert take_attention()[Biome.OCEAN] == ROWS


def size_bytes():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size('attention_waitingattention')")
        return cursor.fetchone()[0]


def test_the_table_stays_as_small_as_one_cycle_needs(transactional_db, alice):
    come_and_go(alice)
    of_one_cycle = size_bytes()
    for _ in range(10):
        clear_away_taken()
        come_and_go(alice)
    # Not the elevenfold; something is left for a vacuum that another session's snapshot held up.
    assert size_bytes() <= 4 * of_one_cycle


def test_what_waits_stays(transactional_db, alice):
    give_attention(player_id=alice.pk, points={Biome.OCEAN: 3}, budget_points=10)
    clear_away_taken()
    assert waiting_attention()[Biome.OCEAN] == 3


def test_it_waits_for_nobody(in_thread, transactional_db):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE attention_waitingattention IN ACCESS EXCLUSIVE MODE")
        in_thread(clear_away_taken).result(timeout=10)


def test_a_transaction_is_no_place_for_it(transactional_db):
    with pytest.raises(InternalError, match="cannot run inside a transaction"), transaction.atomic():
        clear_away_taken()
