"""Administration pages of attention, per player and biome."""

from django.contrib import admin

from attention.models import AttentionTotal
from config.admin import OfPlayersAdmin, count_column
from config.admin_people import OfPeopleFilter


@admin.register(AttentionTotal)
class AttentionTotalAdmin(OfPlayersAdmin):
    list_display = ["player", "biome", "total_points"]
    list_filter = [OfPeopleFilter, "biome"]

    total_points = count_column("Points", "points")
