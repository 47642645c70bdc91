from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from attention.biomes import Biome
from core.errors import MarketBusy
from markets.economic_settings import (
    SettingChange,
    change_settings,
    changes_of,
    current_settings,
    settings_version,
    values_of,
)
from markets.models import EconomicSettings, Market
from markets.tests.rows import market_locked


@pytest.fixture
def unchanged(markets):
    """Return a check that the opening settings are still the only ones, and in force in every market."""
    before = EconomicSettings.objects.values().get()

    def check():
        assert EconomicSettings.objects.values().get() == before
        assert set(Market.objects.values_list("settings", flat=True)) == {before["id"]}
        assert current_settings().pk == before["id"]

    return check


def test_a_change_is_recorded_with_who_when_why_old_and_new(markets, alice, now):
    first = current_settings()
    later = now + timedelta(hours=1)
    change_settings(changed_by=alice, reason="A calm week.", now=later, max_move_bps=300, prices_frozen=True)
    version = EconomicSettings.objects.latest("pk")
    assert (version.changed_by, version.changed_at, version.reason) == (alice, later, "A calm week.")
    assert changes_of(version) == [SettingChange("max_move_bps", 500, 300), SettingChange("prices_frozen", False, True)]
    assert values_of(version) == values_of(first) | {"max_move_bps": 300, "prices_frozen": True}
    assert changes_of(first) == []


def test_a_change_is_in_force_at_once(markets, now):
    version = change_settings(changed_by=None, reason="Cheaper.", now=now, trade_fee_bps=100)
    assert current_settings() == version
    assert set(Market.objects.values_list("settings", flat=True)) == {version.pk}
    with transaction.atomic():
        assert settings_version(market_locked(Biome.SNOW).settings_id).trade_fee_bps == 100


def test_a_change_is_in_force_at_once_for_another_connection(in_thread, markets, now):
    def fee_in_force():
        with transaction.atomic():
            locked = settings_version(market_locked(Biome.OCEAN).settings_id)
        return current_settings().trade_fee_bps, locked.trade_fee_bps

    assert in_thread(fee_in_force).result(timeout=10) == (200, 200)
    change_settings(changed_by=None, reason="Cheaper.", now=now, trade_fee_bps=100)
    assert in_thread(fee_in_force).result(timeout=10) == (100, 100)
    change_settings(changed_by=None, reason="Dearer.", now=now, trade_fee_bps=300)
    assert in_thread(fee_in_force).result(timeout=10) == (300, 300)


def test_a_change_that_is_not_committed_is_not_in_force(in_thread, run_after, markets, now):
    seen = []
    run_after(
        "markets.economic_settings.markets_locked",
        lambda: seen.append(in_thread(lambda: current_settings().trade_fee_bps).result(timeout=10)),
    )
    change_settings(changed_by=None, reason="Cheaper.", now=now, trade_fee_bps=100)
    assert seen == [200]
    assert current_settings().trade_fee_bps == 100


def test_each_change_names_the_one_before_it(markets, now):
    one = change_settings(changed_by=None, reason="Cheaper.", now=now, trade_fee_bps=100)
    other = change_settings(changed_by=None, reason="Dearer.", now=now, trade_fee_bps=300)
    assert changes_of(one) == [SettingChange("trade_fee_bps", 200, 100)]
    assert changes_of(other) == [SettingChange("trade_fee_bps", 100, 300)]


@pytest.mark.parametrize(
    ("values", "at_fault"),
    [
        ({"trade_fee_bps": 10_001}, "trade_fee_bps"),
        ({"trade_fee_bps": -1}, "trade_fee_bps"),
        ({"trade_fee_bps": "much"}, "trade_fee_bps"),
        ({"trade_fee_bps": None}, "trade_fee_bps"),
        ({"redistribution_pool_bps": 10_001}, "redistribution_pool_bps"),
        ({"max_move_bps": 10_001}, "max_move_bps"),
        ({"land_fee_bps": 10_001}, "land_fee_bps"),
        ({"max_trade_bps": 0}, "max_trade_bps"),
        ({"price_floor_micro": 0}, "price_floor_micro"),
        ({"price_floor_micro": 100_000_001}, "price_floor_micro"),
        ({"attention_budget_points": 1_000_001}, "attention_budget_points"),
        ({"attention_budget_points": -1}, "attention_budget_points"),
        ({"trading_paused": None}, "trading_paused"),
        # One value out of range spoils the others.
        ({"max_move_bps": 300, "max_trade_bps": 0}, "max_trade_bps"),
    ],
)
def test_a_value_out_of_range_is_refused(unchanged, now, values, at_fault):
    with pytest.raises(ValidationError) as refusal:
        change_settings(changed_by=None, reason="Try.", now=now, **values)
    assert list(refusal.value.message_dict) == [at_fault]
    unchanged()


@pytest.mark.parametrize("name", ["trade_fee", "id", "changed_at", "reason_", "pk"])
def test_an_unknown_setting_is_refused(unchanged, now, name):
    with pytest.raises(ValidationError, match=f"no such economic setting: {name}"):
        change_settings(changed_by=None, reason="Try.", now=now, **{name: 1, "max_move_bps": 300})
    unchanged()


@pytest.mark.parametrize("values", [{}, {"trade_fee_bps": 200}, {"trading_paused": False, "max_move_bps": 500}])
def test_a_change_that_changes_nothing_is_refused(unchanged, now, values):
    with pytest.raises(ValidationError, match="nothing would change"):
        change_settings(changed_by=None, reason="Try.", now=now, **values)
    unchanged()


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201])
def test_a_change_needs_a_reason_of_at_most_200_letters(unchanged, now, reason):
    with pytest.raises(ValidationError) as refusal:
        change_settings(changed_by=None, reason=reason, now=now, trade_fee_bps=100)
    assert list(refusal.value.message_dict) == ["reason"]
    unchanged()


def test_markets_that_stay_locked_are_busy(in_thread, unchanged, now, settings):
    settings.LOCK_TIMEOUT_MS = 50
    with transaction.atomic():
        market_locked(Biome.SNOW)
        change = in_thread(lambda: change_settings(changed_by=None, reason="Try.", now=now, trade_fee_bps=100))
        with pytest.raises(MarketBusy):
            change.result(timeout=10)
    unchanged()


def test_a_change_builds_on_one_that_is_under_way(in_thread, run_after, until_blocked, markets, now):
    rivals = []

    def rival_comes():
        rivals.append(in_thread(lambda: change_settings(changed_by=None, reason="Rival.", now=now, land_fee_bps=400)))
        until_blocked()

    # The rival comes when the first has read the settings and has yet to write its version.
    run_after("markets.economic_settings.values_of", rival_comes)
    one = change_settings(changed_by=None, reason="First.", now=now, trade_fee_bps=100)
    other = rivals[0].result(timeout=10)
    assert changes_of(one) == [SettingChange("trade_fee_bps", 200, 100)]
    assert changes_of(other) == [SettingChange("land_fee_bps", 500, 400)]
    assert (current_settings().trade_fee_bps, current_settings().land_fee_bps) == (100, 400)


def test_without_the_lock_a_change_is_lost(in_thread, run_after, monkeypatch, markets, now):
    """The negative control of the test above: without the lock a change is lost."""
    monkeypatch.setattr("markets.economic_settings.markets_locked", lambda: None)
    run_after(
        "markets.economic_settings.values_of",
        lambda: in_thread(lambda: change_settings(changed_by=None, reason="Rival.", now=now, land_fee_bps=400)).result(
            timeout=10
        ),
    )
    change_settings(changed_by=None, reason="First.", now=now, trade_fee_bps=100)
    assert (current_settings().trade_fee_bps, current_settings().land_fee_bps) == (100, 500)


def test_changes_at_once_are_all_recorded(run_together, markets, now):
    def change(name):
        return lambda: change_settings(changed_by=None, reason=name, now=now, **{name: 123})

    names = ["trade_fee_bps", "land_fee_bps", "max_move_bps", "max_trade_bps", "redistribution_pool_bps"]
    versions = run_together([change(name) for name in names])
    assert [[made.setting for made in changes_of(version)] for version in versions] == [[name] for name in names]
    assert [getattr(current_settings(), name) for name in names] == [123] * 5


@pytest.mark.django_db
def test_there_are_no_settings_before_the_markets_open():
    with pytest.raises(EconomicSettings.DoesNotExist, match="open_markets"):
        current_settings()


@pytest.mark.parametrize("change", ["trade_fee_bps = 10001", "max_trade_bps = 0", "price_floor_micro = 0"])
def test_the_database_refuses_values_out_of_range(unchanged, change):
    with pytest.raises(IntegrityError, match="economic_settings"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE markets_economicsettings SET {change}")
    unchanged()
