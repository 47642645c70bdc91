"""Administration pages of attention, per player and biome."""

from django.contrib import admin

from accounts.admin_lists import OfPlayersAdmin
from attention.models import AttentionTotal
from core.admin import count_column
from core.admin_people import OfPeopleFilter


@admin.register(AttentionTotal)
class AttentionTotalAdmin(OfPlayersAdmin):
    list_display = ["player", "biome", "total_points"]
    list_filter = [OfPeopleFilter, "biome"]

    total_points = count_column("Points", "points")
