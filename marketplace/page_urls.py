"""Addresses of the pages of land and of its trade."""

from django.urls import path

from marketplace.views.impact import impact
from marketplace.views.listing import bid, buy, cancel, listing, price
from marketplace.views.listings import listings
from marketplace.views.map import lands, world_map
from marketplace.views.open_listing import offer_land
from marketplace.views.own import own_land
from marketplace.views.parcel import buy_parcel, give_parcel, parcel, parcel_at

urlpatterns = [
    path("marketplace/", listings, name="marketplace"),
    path("marketplace/own/", own_land, name="own-land"),
    path("marketplace/<int:listing_id>/", listing, name="listing"),
    path("marketplace/<int:listing_id>/bid/", bid, name="bid"),
    path("marketplace/<int:listing_id>/buy/", buy, name="buy-listing"),
    path("marketplace/<int:listing_id>/price/", price, name="edit-listing"),
    path("marketplace/<int:listing_id>/cancel/", cancel, name="cancel-listing"),
    path("land/<int:land_id>/list/", offer_land, name="open-listing"),
    path("map/", world_map, name="map"),
    path("map/lands/", lands, name="lands"),
    path("map/impact/<biome>/", impact, name="land-impact"),
    path("map/<int:x>/<int:y>/", parcel_at, name="parcel-at"),
    path("land/<int:land_id>/", parcel, name="land"),
    path("land/<int:land_id>/buy/", buy_parcel, name="buy-parcel"),
    path("land/<int:land_id>/give/", give_parcel, name="give-parcel"),
]
