"""The rule for which accounts stand above players: those that hold any power, of the administration or not."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User


def with_powers() -> QuerySet[User]:
    """Return the players who are staff or superusers, or have a permission or a group, even an empty one."""
    permitted = Permission.objects.filter(user=OuterRef("pk"))
    grouped = Group.objects.filter(user=OuterRef("pk"))
    return User.objects.filter(Q(is_staff=True) | Q(is_superuser=True) | Exists(permitted) | Exists(grouped))


def holds_power(user: User) -> bool:
    """Return whether somebody holds any power; asks the database, but for staff and superusers."""
    return user.is_staff or user.is_superuser or with_powers().filter(pk=user.pk).exists()


def powerful_among(players: Iterable[User]) -> set[int]:
    """Return the ids of the players among these who hold any power, by one query."""
    return set(with_powers().filter(pk__in=[player.pk for player in players]).values_list("pk", flat=True))
