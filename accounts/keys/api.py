"""The API of API keys: making one, which requires the password, listing and ending them. No key gives access to it."""

from __future__ import annotations

from http import HTTPStatus

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from drf_standardized_errors.openapi_validation_errors import extend_validation_errors
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from accounts.api_view import AuthView
from accounts.errors import NoSuchKey, SecondFactorMissing, TooManyKeys
from accounts.keys.making import make_key
from accounts.keys.registry import end_key, key_of, keys_of
from accounts.keys.serializers import KeySerializer, MadeKeySerializer, MakeKeySerializer, told
from accounts.requests import player_of
from accounts.sign_ins.second_factor import is_missing, session_of
from core.api.created import LOCATION, made
from core.api.openapi_errors import refusals
from core.web.rate_limits import SignInThrottle

_EXAMPLE = OpenApiExample(
    "a trading bot",
    {
        "name": "bot",
        "scopes": ["read", "trade"],
        "addresses": ["192.0.2.0/24", "2001:db8::/32"],
        "current_password": "a long passphrase of one's own",
    },
    request_only=True,
)


@extend_validation_errors(["password_incorrect"], field_name="current_password", methods=["post"])
class KeysView(AuthView):
    """The player's API keys. Guesses at the password are throttled like sign-ins."""

    def get_throttles(self) -> list[BaseThrottle]:
        """Return the sign-in throttle for POST, which takes a password; the view's own throttles otherwise."""
        return [SignInThrottle()] if self.request.method == "POST" else super().get_throttles()

    @extend_schema(tags=["auth"], responses=KeySerializer(many=True))
    def get(self, request: Request) -> Response:
        """List your API keys, the newest first, with the time and address of each one's last use."""
        return Response(KeySerializer(keys_of(player_of(request).pk), many=True).data)

    @extend_schema(
        tags=["auth"],
        request=MakeKeySerializer,
        responses={201: MadeKeySerializer, **refusals(TooManyKeys, SecondFactorMissing)},
        parameters=[LOCATION],
        examples=[_EXAMPLE],
    )
    def post(self, request: Request) -> Response:
        """Make an API key. Its text is in this answer only, as only a digest is kept.

        It is good for the API and the streams without renewal, as `Authorization: Bearer`, until it expires or is
        ended; a new password and signing out everywhere end it too.
        """
        player = player_of(request)
        if player.second_factor_on and is_missing(player, session_of(request)):
            raise SecondFactorMissing
        asked = MakeKeySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = dict(asked.validated_data)
        key, text = make_key(player_id=player.pk, networks=wanted.pop("addresses"), now=timezone.now(), **wanted)
        return made(told(key, text), at="accounts:key", key_id=key.pk)


class KeyView(AuthView):
    """One of the player's API keys."""

    @extend_schema(tags=["auth"], responses={200: KeySerializer, **refusals(NoSuchKey)})
    def get(self, request: Request, key_id: int) -> Response:
        """Read one of your API keys, without its secret."""
        return Response(KeySerializer(key_of(player_id=player_of(request).pk, number=key_id)).data)

    @extend_schema(tags=["auth"], request=None, responses={204: None, **refusals(NoSuchKey)})
    def delete(self, request: Request, key_id: int) -> Response:
        """End the key at once, with its open streams."""
        end_key(player_id=player_of(request).pk, number=key_id)
        return Response(status=HTTPStatus.NO_CONTENT)
