"""The accounts' API under /api/v1/auth/: parse, call one function, render."""

from http import HTTPStatus

from django.contrib.auth import login, logout, update_session_auth_hash
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from drf_standardized_errors.openapi_validation_errors import extend_validation_errors
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.tokens import Token

from accounts import serializers
from accounts.api_view import AuthView
from accounts.errors import NoMail, ResetLinkInvalid
from accounts.mail.verification import ask_for_link
from accounts.passwords.change import change_password
from accounts.passwords.reset import ask_for_reset, reset_password
from accounts.profile import asks_for_new_address, change_account
from accounts.registration import register_player
from accounts.requests import player_of
from accounts.sign_ins.devices import client_of
from accounts.sign_ins.registry import end_others, end_sign_in, number_of_session, open_sign_ins
from accounts.sign_ins.sign_in import identify_player, sign_in_for_tokens
from accounts.sign_ins.tokens import SIGN_IN, issue_tokens, revoke_token, rotate_tokens
from core.api.created import LOCATION, made
from core.api.openapi_errors import RefusalSerializer, refusals
from core.errors import ServiceUnavailable
from core.web.rate_limits import PasswordResetThrottle, RegisterThrottle, SignInThrottle, count_address_change

PASSWORD_CODES = ["password_too_similar", "password_too_short", "password_too_common", "password_entirely_numeric"]

DISPLAY_NAME_CODES = ["invisible", "look_alike"]
NAME_CODES = ["invalid", "mixed_scripts", *DISPLAY_NAME_CODES]


def _refusal(code: str, detail: str, *, description: str) -> OpenApiResponse:
    body = {"type": "client_error", "errors": [{"code": code, "detail": detail, "attr": None}]}
    return OpenApiResponse(RefusalSerializer, description, examples=[OpenApiExample(code, body)])


NO_ACTIVE_ACCOUNT = _refusal(
    "no_active_account",
    "No active account has this name and password.",
    description="A wrong name, a wrong password or a deactivated account: one answer for all.",
)
TOKEN_NOT_VALID = _refusal(
    "token_not_valid",
    "The refresh token is not valid any more. Sign in again.",
    description="The refresh token is forged, expired, used or revoked; or `no_active_account`.",
)
LOCKED_OUT = _refusal(
    "locked_out",
    "Too many failed sign-ins. Wait, then try again.",
    description="Too many failures for this name from this address, or `rate_limited`. Retry-After says how long.",
)
SIGN_IN_EXAMPLE = OpenApiExample(
    "sign in", {"username": "ada", "password": "a long passphrase of one's own"}, request_only=True
)


@extend_validation_errors(NAME_CODES, field_name="username", methods=["post"])
@extend_validation_errors(DISPLAY_NAME_CODES, field_name="display_name", methods=["post"])
@extend_validation_errors(PASSWORD_CODES, field_name="password", methods=["post"])
class RegisterView(AuthView):
    """Open an account."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (SignInThrottle, RegisterThrottle)

    @extend_schema(
        tags=["auth"],
        request=serializers.RegisterSerializer,
        responses={HTTPStatus.CREATED: serializers.RegisteredSerializer},
        parameters=[LOCATION],
        examples=[
            OpenApiExample(
                "register",
                {
                    "username": "ada",
                    "email": "ada@example.org",
                    "password": "a long passphrase of one's own",
                    "display_name": "Ada L.",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Open an account and sign in with tokens."""
        serializer = serializers.RegisterSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        player = register_player(**serializer.validated_data)
        registered = {"account": player, **issue_tokens(player=player, client=client_of(request._request))}
        return made(serializers.RegisteredSerializer(registered).data, at="accounts:me")


class TokenView(AuthView):
    """Sign in with tokens."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (SignInThrottle,)

    @extend_schema(
        tags=["auth"],
        request=serializers.SignInSerializer,
        responses={200: serializers.TokenPairSerializer, 401: NO_ACTIVE_ACCOUNT, 429: LOCKED_OUT},
        examples=[SIGN_IN_EXAMPLE],
    )
    def post(self, request: Request) -> Response:
        """Get a pair of tokens for a name and a password."""
        serializer = serializers.SignInSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        pair = sign_in_for_tokens(request=request._request, **serializer.validated_data)
        return Response(serializers.TokenPairSerializer(pair).data)


class TokenRefreshView(AuthView):
    """Stay signed in."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        tags=["auth"],
        request=serializers.TokenRefreshSerializer,
        responses={200: serializers.TokenPairSerializer, 401: TOKEN_NOT_VALID},
    )
    def post(self, request: Request) -> Response:
        """Exchange a refresh token, once, for a new pair."""
        serializer = serializers.TokenRefreshSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        pair = rotate_tokens(client=client_of(request._request), **serializer.validated_data)
        return Response(serializers.TokenPairSerializer(pair).data)


class LogoutView(AuthView):
    """Sign out with tokens. The refresh token is the credential: the access token may have expired long since."""

    authentication_classes = (SessionAuthentication,)
    permission_classes = (AllowAny,)

    @extend_schema(
        tags=["auth"],
        request=serializers.LogoutSerializer,
        responses={204: None, 401: TOKEN_NOT_VALID},
    )
    def post(self, request: Request) -> Response:
        """Revoke a refresh token, and end the session if there is one."""
        serializer = serializers.LogoutSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        revoke_token(**serializer.validated_data)
        logout(request._request)
        return Response(status=HTTPStatus.NO_CONTENT)


class SessionView(AuthView):
    """Sign in and out with a session cookie, for browsers.

    Signing in as a guest needs no CSRF token, yet another site cannot sign a visitor in: only JSON is read, and a page
    cannot send that content type to another origin without a preflight request, which nothing here grants. Whoever has
    a session already needs the token, here as everywhere: SessionAuthentication asks for it.
    """

    authentication_classes = (SessionAuthentication,)
    permission_classes = (AllowAny,)
    throttle_classes = (SignInThrottle,)

    @extend_schema(
        tags=["auth"],
        request=serializers.SignInSerializer,
        responses={200: serializers.AccountSerializer, 401: NO_ACTIVE_ACCOUNT, 429: LOCKED_OUT},
        examples=[SIGN_IN_EXAMPLE],
    )
    def post(self, request: Request) -> Response:
        """Start a session. The reply sets the session cookie and the CSRF cookie."""
        serializer = serializers.SignInSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        player = identify_player(request=request._request, **serializer.validated_data)
        login(request._request, player)
        return Response(serializers.AccountSerializer(player).data)

    @extend_schema(tags=["auth"], request=None, responses={204: None})
    def delete(self, request: Request) -> Response:
        """End the session. Without one there is nothing to do, which is no error."""
        logout(request._request)
        return Response(status=HTTPStatus.NO_CONTENT)


@extend_validation_errors(DISPLAY_NAME_CODES, field_name="display_name", methods=["patch"])
@extend_validation_errors(["password_incorrect", "required"], field_name="current_password", methods=["patch"])
class MeView(AuthView):
    """The player's own account."""

    @extend_schema(tags=["auth"], responses=serializers.AccountSerializer)
    def get(self, request: Request) -> Response:
        """Read the account and its preferences."""
        return Response(serializers.AccountSerializer(player_of(request)).data)

    @extend_schema(
        tags=["auth"],
        request=serializers.ProfileChangeSerializer,
        responses={200: serializers.AccountSerializer, **refusals(NoMail, ServiceUnavailable)},
        examples=[OpenApiExample("prefer", {"theme": "dark", "default_tolerance_bps": 50}, request_only=True)],
    )
    def patch(self, request: Request) -> Response:
        """Change the profile and the preferences; what is left out stays.

        A new `email` takes the `current_password`, and counts once the link in a mail to it was followed; until then
        the answer, which is the same whoever has the address, shows the old one.
        """
        player = player_of(request)
        serializer = serializers.ProfileChangeSerializer(
            player, data=request.data, partial=True, context={"player": player}
        )
        serializer.is_valid(raise_exception=True)
        if asks_for_new_address(player, serializer.validated_data.get("email")):
            count_address_change(request._request)
        change_account(player=player, **serializer.validated_data)
        return Response(serializers.AccountSerializer(player).data)


@extend_validation_errors(PASSWORD_CODES, field_name="new_password", methods=["post"])
@extend_validation_errors(["password_incorrect"], field_name="current_password", methods=["post"])
class PasswordView(AuthView):
    """The player's own password. Guesses at the current one are throttled like sign-ins."""

    throttle_classes = (SignInThrottle,)

    @extend_schema(tags=["auth"], request=serializers.PasswordChangeSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Change the password. Other sessions and all tokens end; a session that asks for it goes on."""
        player = player_of(request)
        serializer = serializers.PasswordChangeSerializer(data=request.data, context={"player": player})
        serializer.is_valid(raise_exception=True)
        player = change_password(player_id=player.pk, keep=_session_of(request), **serializer.validated_data)
        # With a token there is no session to carry over, and none must be made.
        if isinstance(request.successful_authenticator, SessionAuthentication):
            update_session_auth_hash(request._request, player)
        return Response(status=HTTPStatus.NO_CONTENT)


class VerificationView(AuthView):
    """The link that verifies an address."""

    throttle_classes = (PasswordResetThrottle,)

    @extend_schema(
        tags=["auth"],
        operation_id="auth_verification_send",
        request=None,
        responses={202: None, **refusals(NoMail, ServiceUnavailable)},
    )
    def post(self, request: Request) -> Response:
        """Have the link sent to the player's own address again. Nothing is sent to a verified player."""
        ask_for_link(player=player_of(request))
        return Response(status=HTTPStatus.ACCEPTED)


class AskForResetView(AuthView):
    """The request for a link to set a new password."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (PasswordResetThrottle,)

    @extend_schema(
        tags=["auth"],
        request=serializers.AskForResetSerializer,
        responses={202: None, **refusals(NoMail, ServiceUnavailable)},
    )
    def post(self, request: Request) -> Response:
        """Have a link sent to the address, if an account has it; the answer is the same if none has."""
        serializer = serializers.AskForResetSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        ask_for_reset(address=serializer.validated_data["email"])
        return Response(status=HTTPStatus.ACCEPTED)


@extend_validation_errors(PASSWORD_CODES, field_name="new_password", methods=["post"])
@extend_validation_errors([ResetLinkInvalid.word], field_name="token", methods=["post"])
class PasswordResetView(AuthView):
    """Setting a new password by the link."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (SignInThrottle,)

    @extend_schema(tags=["auth"], request=serializers.PasswordResetSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Set the password by the two parts of a link. Every session and refresh token ends."""
        serializer = serializers.PasswordResetSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        reset_password(**serializer.validated_data)
        return Response(status=HTTPStatus.NO_CONTENT)


class SignInsView(AuthView):
    """The player's open sessions and pairs of tokens."""

    @extend_schema(tags=["auth"], responses=serializers.SignInKeptSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the open sign-ins, the latest used first; 200 at most."""
        mine = open_sign_ins(player_id=player_of(request).pk)[:200]
        context = {"this": _sign_in_of(request)}
        return Response(serializers.SignInKeptSerializer(list(mine), many=True, context=context).data)

    @extend_schema(operation_id="auth_sign_ins_end_others", tags=["auth"], request=None, responses={204: None})
    def delete(self, request: Request) -> Response:
        """End all sign-ins but the one of this request."""
        end_others(player_id=player_of(request).pk, keep=_sign_in_of(request))
        return Response(status=HTTPStatus.NO_CONTENT)


class SignInView(AuthView):
    """One of the player's sign-ins."""

    @extend_schema(tags=["auth"], request=None, responses={204: None})
    def delete(self, request: Request, sign_in_id: int) -> Response:
        """End the sign-in, with its open streams; its access tokens end within a second."""
        end_sign_in(player_id=player_of(request).pk, number=sign_in_id)
        return Response(status=HTTPStatus.NO_CONTENT)


def _sign_in_of(request: Request) -> int | None:
    """Return the id of the sign-in that the request was authenticated by; None for an API key."""
    return request.auth.get(SIGN_IN) if isinstance(request.auth, Token) else _session_of(request)


def _session_of(request: Request) -> int | None:
    """Return the session that the request came by; None for a token."""
    by_session = isinstance(request.successful_authenticator, SessionAuthentication)
    return number_of_session(request._request.session) if by_session else None
