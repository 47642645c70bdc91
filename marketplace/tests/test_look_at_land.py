"""Looking at land gives attention once, and the record of it links parcel and price."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from attention.biomes import Biome
from attention.models import AttentionTotal, WaitingAttention
from core.errors import MarketBusy
from marketplace.models import Land, LandAttention
from marketplace.world.land_attention import forget_old_looks, land_impact, look_at_land
from markets.history.candles import update_candles
from markets.redistribution.cycle import run_cycle

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_counted_is_the_parcel_s_and_so_is_its_part_of_what_was_moved(
    alice: User, bob: User, land: Land, now: datetime
) -> None:
    other = Land.objects.exclude(pk=land.pk).first()
    assert other is not None
    assert look_at_land(player_id=alice.pk, land=land, points=8, now=now).accepted_points == 8
    assert look_at_land(player_id=alice.pk, land=other, points=8, now=now).accepted_points == 2
    assert look_at_land(player_id=alice.pk, land=other, points=1, now=now).accepted_points == 0
    look_at_land(player_id=bob.pk, land=land, points=6, now=now)
    run_cycle(number=1, now=now)
    update_candles()
    found = land_impact(biome=Biome.PLAINS, hours=1, now=now)
    # 5 % of 100,000,000 BDT: the most that a cycle moves.
    assert (found.attention_points, found.land_points, found.moved_micro) == (16, 16, 5_000_000_000_000)
    assert [(each.land_id, each.points, each.moved_micro) for each in found.lands] == [
        (land.pk, 14, 4_375_000_000_000),
        (other.pk, 2, 625_000_000_000),
    ]
    assert land_impact(biome=Biome.OCEAN, hours=1, now=now).lands == []


def test_old_looks_are_forgotten(alice: User, land: Land, now: datetime) -> None:
    look_at_land(player_id=alice.pk, land=land, points=1, now=now)
    assert forget_old_looks(now=now + timedelta(days=29)) == 0
    assert forget_old_looks(now=now + timedelta(days=31)) == 1
    assert not LandAttention.objects.exists()


def test_a_refused_look_gives_no_points(alice: User, land: Land, now: datetime, settings: Any) -> None:
    settings.LOCK_TIMEOUT_MS = 50
    rival = connection.copy()
    with rival.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE marketplace_landattention")
        with pytest.raises(MarketBusy):
            look_at_land(player_id=alice.pk, land=land, points=8, now=now)
        cursor.execute("ROLLBACK")
    rival.close()
    assert (WaitingAttention.objects.exists(), AttentionTotal.objects.exists()) == (False, False)
    assert not LandAttention.objects.exists()
    assert look_at_land(player_id=alice.pk, land=land, points=8, now=now).remaining_points == 2
