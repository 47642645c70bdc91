"""The base class of the marketplace API's views."""

from __future__ import annotations

from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.response import Response

from accounts.sign_ins.authentication import BY_TOKEN_ALONE
from core.api.known_fields import ApiView
from marketplace.models import Land, Listing, World

TAGS = ["marketplace"]


class MarketplaceView(ApiView):
    """The base of the marketplace API's views: authentication, permissions and 404s."""

    authentication_classes = BY_TOKEN_ALONE
    permission_classes = (IsAuthenticatedOrReadOnly,)

    def handle_exception(self, exc: Exception) -> Response:
        """Turn a missing parcel, listing or world into NotFound."""
        if isinstance(exc, (Land.DoesNotExist, Listing.DoesNotExist, World.DoesNotExist)):
            exc = NotFound("There is no such parcel or listing.")
        return super().handle_exception(exc)
