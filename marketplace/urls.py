"""The marketplace's addresses, under /api/v1/marketplace/."""

from django.urls import path

from marketplace import api
from marketplace.audit import api as audit_api
from marketplace.world import api as map_api

app_name = "marketplace"

urlpatterns = [
    path("world", map_api.WorldView.as_view(), name="world"),
    path("map/terrain/<int:seed>/<int:side>", map_api.TerrainView.as_view(), name="terrain"),
    path("map/marks", map_api.MarksView.as_view(), name="marks"),
    path("map/layers/price", map_api.PriceLayerView.as_view(), name="price-layer"),
    path("map/layers/attention", map_api.AttentionLayerView.as_view(), name="attention-layer"),
    path("map/parcels/<int:x>/<int:y>", map_api.MapParcelView.as_view(), name="map-parcel"),
    path("lands", api.LandsView.as_view(), name="lands"),
    path("lands/<int:land_id>", api.LandView.as_view(), name="land"),
    path("lands/<int:land_id>/buy", api.BuyLandView.as_view(), name="buy-land"),
    path("lands/<int:land_id>/give", api.GiveLandView.as_view(), name="give-land"),
    path("transactions/audit-trail", audit_api.AuditTrailView.as_view(), name="audit-trail"),
    path("lands/<int:land_id>/look", api.LookView.as_view(), name="look"),
    path("impact/<str:biome>", api.ImpactView.as_view(), name="impact"),
    path("listings", api.ListingsView.as_view(), name="listings"),
    path("listings/<int:listing_id>", api.ListingView.as_view(), name="listing"),
    path("listings/<int:listing_id>/bids", api.BidsView.as_view(), name="bids"),
    path("listings/<int:listing_id>/buy", api.BuyListingView.as_view(), name="buy-listing"),
]
