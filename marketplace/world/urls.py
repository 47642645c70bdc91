"""Addresses of the pages of land."""

from django.urls import path

from marketplace.views.impact import impact
from marketplace.views.map import lands, world_map
from marketplace.views.parcel import buy_parcel, give_parcel, parcel, parcel_at

urlpatterns = [
    path("map/", world_map, name="map"),
    path("map/lands/", lands, name="lands"),
    path("map/impact/<biome>/", impact, name="land-impact"),
    path("map/<int:x>/<int:y>/", parcel_at, name="parcel-at"),
    path("land/<int:land_id>/", parcel, name="land"),
    path("land/<int:land_id>/buy/", buy_parcel, name="buy-parcel"),
    path("land/<int:land_id>/give/", give_parcel, name="give-parcel"),
]
