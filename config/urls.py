"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

from core.web import site_files
from markets.rules.api import TimeView
from operations import health
from operations.api_docs import ApiDocs, ApiSchema, api_reference, stream_schema
from operations.status_page import status

urlpatterns = [
    # The doors that are asked most come first.
    path("api/v1/biome-market/", include("markets.urls")),
    path("api/v1/", include("trading.urls")),
    path("api/v1/", include("analytics.urls")),
    path("api/v1/marketplace/", include("marketplace.urls")),
    path("api/v1/", include("marketplace.own_urls")),
    path("api/v1/auth/", include("accounts.urls")),
    path("api/v1/time", TimeView.as_view(), name="time"),
    path("api/schema/", ApiSchema.as_view(), name="schema"),
    path("api/docs/", ApiDocs.as_view(), name="docs"),
    path("api/redoc/", api_reference, name="api-reference"),
    path("api/asyncapi/", stream_schema, name="stream-schema"),
    path("", include("trading.page_urls")),
    path("", include("analytics.page_urls")),
    path("", include("marketplace.page_urls")),
    path("", include("accounts.page_urls")),
    path("admin/", admin.site.urls),
    path("robots.txt", site_files.robots, name="robots"),
    path("site.webmanifest", site_files.manifest, name="manifest"),
    path("favicon.ico", site_files.favicon, name="favicon"),
    path("status", status, name="status"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
]

handler400 = "core.web.error_pages.bad_request"
handler403 = "core.web.error_pages.permission_denied"
handler404 = "core.web.error_pages.not_found"
handler500 = "core.web.error_pages.server_error"
