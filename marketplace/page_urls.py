"""Addresses of the pages of land and of its trade."""

from django.urls import path

from marketplace.views.listing import bid, buy, cancel, listing, price
from marketplace.views.listings import listings
from marketplace.views.open_listing import offer_land
from marketplace.views.own import own_land

urlpatterns = [
    path("marketplace/", listings, name="marketplace"),
    path("marketplace/own/", own_land, name="own-land"),
    path("marketplace/<int:listing_id>/", listing, name="listing"),
    path("marketplace/<int:listing_id>/bid/", bid, name="bid"),
    path("marketplace/<int:listing_id>/buy/", buy, name="buy-listing"),
    path("marketplace/<int:listing_id>/price/", price, name="edit-listing"),
    path("marketplace/<int:listing_id>/cancel/", cancel, name="cancel-listing"),
    path("land/<int:land_id>/list/", offer_land, name="open-listing"),
]
