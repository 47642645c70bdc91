"""The marketplace's addresses, under /api/v1/marketplace/."""

from django.urls import path

from marketplace.api import audit, map, trade

app_name = "marketplace"

urlpatterns = [
    path("world", map.WorldView.as_view(), name="world"),
    path("map/terrain/<int:seed>/<int:side>", map.TerrainView.as_view(), name="terrain"),
    path("map/marks", map.MarksView.as_view(), name="marks"),
    path("map/layers/price", map.PriceLayerView.as_view(), name="price-layer"),
    path("map/layers/attention", map.AttentionLayerView.as_view(), name="attention-layer"),
    path("map/parcels/<int:x>/<int:y>", map.MapParcelView.as_view(), name="map-parcel"),
    path("lands", trade.LandsView.as_view(), name="lands"),
    path("lands/<int:land_id>", trade.LandView.as_view(), name="land"),
    path("lands/<int:land_id>/buy", trade.BuyLandView.as_view(), name="buy-land"),
    path("lands/<int:land_id>/give", trade.GiveLandView.as_view(), name="give-land"),
    path("transactions/audit-trail", audit.AuditTrailView.as_view(), name="audit-trail"),
    path("lands/<int:land_id>/look", trade.LookView.as_view(), name="look"),
    path("impact/<str:biome>", trade.ImpactView.as_view(), name="impact"),
    path("listings", trade.ListingsView.as_view(), name="listings"),
    path("listings/<int:listing_id>", trade.ListingView.as_view(), name="listing"),
    path("listings/<int:listing_id>/bids", trade.BidsView.as_view(), name="bids"),
    path("listings/<int:listing_id>/buy", trade.BuyListingView.as_view(), name="buy-listing"),
]
