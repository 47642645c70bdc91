"""The seven biomes, in the canonical order that breaks every tie."""

from django.db import models


class Biome(models.TextChoices):
    OCEAN = "ocean"
    BEACH = "beach"
    PLAINS = "plains"
    FOREST = "forest"
    DESERT = "desert"
    MOUNTAIN = "mountain"
    SNOW = "snow"
