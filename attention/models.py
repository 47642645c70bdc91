"""Attention points by player and biome. Written by `attention.meter` alone."""

from django.conf import settings
from django.db import models

from attention.biomes import Biome


class WaitingAttention(models.Model):
    """Accepted points that no cycle has counted yet.

    Rows are only ever added by players and removed by the cycle, so neither waits for the other's locks.
    """

    player = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    biome = models.CharField(max_length=8, choices=Biome)
    points = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(points__gt=0), name="waiting_attention_points_positive"),
            models.CheckConstraint(condition=models.Q(biome__in=Biome.values), name="waiting_attention_biome_known"),
        ]


class AttentionTotal(models.Model):
    """All points that a player ever gave to a biome."""

    player = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="attention_totals", db_index=False
    )
    biome = models.CharField(max_length=8, choices=Biome)
    points = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["player", "biome"], name="attention_total_unique"),
            models.CheckConstraint(condition=models.Q(points__gte=0), name="attention_total_points_not_negative"),
            models.CheckConstraint(condition=models.Q(biome__in=Biome.values), name="attention_total_biome_known"),
        ]
