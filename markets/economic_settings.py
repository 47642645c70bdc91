"""The economic settings: the version in force, and making the next one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.forms.models import model_to_dict

from accounts.models import User
from core.database.transactions import short_transaction
from markets.locks import markets_locked
from markets.models import EconomicSettings, Market


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A setting that a version changed, with its old and new value."""

    setting: str
    old: Any
    new: Any


@lru_cache(maxsize=64)
def settings_version(version_id: int) -> EconomicSettings:
    """Return one version of the settings, from memory after the first time: versions never change, so it is never
    stale.
    """
    return EconomicSettings.objects.get(pk=version_id)


def current_settings() -> EconomicSettings:
    """Return the version in force now.

    Whoever holds a locked market asks `settings_version(market.settings_id)` instead.

    Raises EconomicSettings.DoesNotExist before the markets are opened.
    """
    # Asked for every event of attention: not a model's query, which takes three times as long.
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM markets_economicsettings")
        (version_id,) = cursor.fetchone()
    if version_id is None:
        raise EconomicSettings.DoesNotExist("the markets are not open: run manage.py open_markets")
    return settings_version(version_id)


def change_settings(*, changed_by: User | None, reason: str, now: datetime, **values: Any) -> EconomicSettings:
    """Put a new version in force, for every trade and cycle that locks a market from now on.

    `values` are settings by name; those not named keep their value. Raises ValidationError for an unknown name, a
    value out of range, no reason or no change; MarketBusy.
    """
    if unknown := set(values) - set(EconomicSettings.VALUE_FIELDS):
        raise ValidationError(f"no such economic setting: {', '.join(sorted(unknown))}")
    with short_transaction():
        # Locking the markets first makes changes queue up, so that none builds on a version that another replaces.
        markets_locked()
        before = values_of(current_settings())
        if before | values == before:
            raise ValidationError("nothing would change")
        version = EconomicSettings(**before | values, changed_by=changed_by, reason=reason.strip(), changed_at=now)
        version.full_clean()
        version.save(force_insert=True)
        Market.objects.update(settings=version)
    return version


def values_of(version: EconomicSettings) -> dict[str, Any]:
    """Return the settings of a version by name, without author, time and reason."""
    return model_to_dict(version, fields=EconomicSettings.VALUE_FIELDS)


def changes_of(version: EconomicSettings) -> list[SettingChange]:
    """Return the settings that a version changed, old and new; empty for the first version."""
    return changes_between(EconomicSettings.objects.filter(pk__lt=version.pk).order_by("-pk").first(), version)


def changes_between(earlier: EconomicSettings | None, version: EconomicSettings) -> list[SettingChange]:
    """Return the settings that differ from the version before; empty where there was none."""
    if earlier is None:
        return []
    old, new = values_of(earlier), values_of(version)
    return [
        SettingChange(name, old[name], new[name]) for name in EconomicSettings.VALUE_FIELDS if old[name] != new[name]
    ]
