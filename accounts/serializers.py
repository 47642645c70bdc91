"""Serializers of the accounts' API, one for each operation."""

from typing import Any, Literal

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import QuerySet, Value
from django.db.models.functions import Lower
from rest_framework import serializers
from rest_framework.fields import get_error_detail
from rest_framework.validators import UniqueValidator

from accounts.models import SignIn, User
from accounts.naming.names import check_username, shown_name
from accounts.naming.uniqueness import TAKEN, refuse_look_alike, refuse_name_of_another
from accounts.passwords.reset import player_of_link
from core.api.fields import TextField, WholeNumberField
from core.api.known_fields import RequestSerializer
from core.web.time_zones import is_zone

# Longer than any passphrase, short enough to compare with the player's name.
PASSWORD_MAX_LENGTH = 128


class UniqueIgnoringCase(UniqueValidator):
    """The database's rule of uniqueness, checked before the write so that all the fields at fault are named at once."""

    def filter_queryset(self, value: Any, queryset: QuerySet[Any], field_name: str) -> QuerySet[Any]:
        """Return the accounts that have the value, by the index of the constraint."""
        taken: QuerySet[Any] = queryset.alias(folded=Lower(field_name)).filter(folded=Lower(Value(value)))
        return taken


def _refuse_look_alike(name: str) -> None:
    refuse_look_alike(name)


class UsernameField(TextField):
    """A username in Unicode's one normal form, as Django stores it."""

    def to_internal_value(self, data: Any) -> str:
        """Return the normalized name."""
        return User.normalize_username(super().to_internal_value(data))


class DisplayNameField(TextField):
    """A display name on one line, without invisible characters."""

    def to_internal_value(self, data: Any) -> str:
        """Return the name as it is stored. Raises ValidationError: invisible, look_alike."""
        player: User | None = self.context.get("player")
        try:
            name = shown_name(super().to_internal_value(data))
            return refuse_name_of_another(name, besides=player.pk if player else None)
        except DjangoValidationError as error:
            raise serializers.ValidationError(get_error_detail(error)) from error


class PasswordField(TextField):
    """A password exactly as it was typed; never sent back."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            write_only=True,
            trim_whitespace=False,
            max_length=PASSWORD_MAX_LENGTH,
            style={"input_type": "password"},
            **kwargs,
        )


def _check_password(field: str, password: str, *, player: User) -> None:
    """Run Django's password validators and report what they find on `field`, with their codes."""
    try:
        validate_password(password, user=player)
    except DjangoValidationError as error:
        raise serializers.ValidationError({field: get_error_detail(error)}) from error


class AddressIsFree(UniqueIgnoringCase):
    """That nobody has the address: not asked where addresses are verified, for nobody is told there who has one."""

    def __call__(self, value: Any, serializer_field: Any) -> None:
        """Raise ValidationError with code `unique`."""
        if not settings.VERIFICATION_REQUIRED:
            super().__call__(value, serializer_field)


class AccountSerializer(serializers.ModelSerializer[User]):
    """The account as its owner sees it."""

    email = serializers.EmailField(
        source="address", read_only=True, help_text="Confirmed to be the player's where `verified_at` is not null."
    )

    class Meta:
        model = User
        fields = [
            "username", "email", "display_name", "theme", "motion", "time_zone", "default_tolerance_bps", "date_joined",
            "verified_at",
        ]  # fmt: skip
        read_only_fields = fields


class RegisterSerializer(RequestSerializer):
    """A new account."""

    username = UsernameField(
        max_length=150,
        validators=[
            check_username,
            UniqueIgnoringCase(User.objects.all(), message=TAKEN["username"]),
            _refuse_look_alike,
        ],
        help_text="Letters with their marks, digits and . + - _ only, of one script. No other name looks like it, in "
        "any case. It cannot be changed later.",
    )
    email = serializers.EmailField(
        max_length=254,
        validators=[AddressIsFree(User.objects.all(), message=TAKEN["email"])],
        help_text="Where addresses are verified, the answer is the same whoever has it.",
    )
    password = PasswordField(help_text="Twelve characters or more, not common, not like the name or the address.")
    display_name = DisplayNameField(max_length=40, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Hold the password against everything that the player is called."""
        known = {field: attrs.get(field, "") for field in ("username", "email", "display_name")}
        _check_password("password", attrs["password"], player=User(**known))
        return attrs


class TokenPairSerializer(serializers.Serializer[Any]):
    """A pair of tokens."""

    access = serializers.CharField(help_text="Send it as `Authorization: Bearer ...`. Short-lived.")
    refresh = serializers.CharField(help_text="Good for one more pair, once.")


class RegisteredSerializer(TokenPairSerializer):
    """A new account, signed in."""

    account = AccountSerializer()


class SignInSerializer(RequestSerializer):
    """A name, or an e-mail address, and a password."""

    username = UsernameField(max_length=254, help_text="Or the e-mail address; in any case.")
    password = PasswordField()


class TokenRefreshSerializer(RequestSerializer):
    """A refresh token to exchange."""

    refresh = TextField()


class LogoutSerializer(RequestSerializer):
    """A refresh token to revoke."""

    refresh = TextField()


class ProfileChangeSerializer(RequestSerializer, serializers.ModelSerializer[User]):
    """The fields that a player may change; omitted fields keep their values."""

    email = serializers.EmailField(
        max_length=254,
        required=False,
        validators=[],
        help_text="A new one takes the `current_password`, and counts once the link in a mail to it was followed.",
    )
    current_password = PasswordField(required=False, help_text="For a new `email` alone.")
    display_name = DisplayNameField(max_length=40, required=False, allow_blank=True)
    default_tolerance_bps = WholeNumberField(
        min_value=0,
        max_value=10_000,
        required=False,
        help_text="How far a price may move against an order, in basis points: 100 is 1 %.",
    )

    time_zone = TextField(
        max_length=64, required=False, allow_blank=True, help_text='As "Europe/Berlin"; empty is the browser\'s.'
    )

    def validate_time_zone(self, name: str) -> str:
        """Refuse an unknown time zone."""
        if name and not is_zone(name):
            raise serializers.ValidationError("There is no such time zone.", code="invalid_choice")
        return name

    class Meta:
        model = User
        fields = ["email", "current_password", "display_name", "theme", "motion", "time_zone", "default_tolerance_bps"]


class PasswordChangeSerializer(RequestSerializer):
    """The current password, and the new one. The context's `player` is the account."""

    current_password = PasswordField()
    new_password = PasswordField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Hold the new password against everything that the player is called."""
        _check_password("new_password", attrs["new_password"], player=self.context["player"])
        return attrs


class AskForResetSerializer(RequestSerializer):
    """The request for a link to set a new password."""

    email = serializers.EmailField(max_length=254)


class PasswordResetSerializer(RequestSerializer):
    """The two parts of the mailed link, `/password-reset/<uid>/<token>/`, and the new password."""

    uid = TextField(max_length=64)
    token = TextField(max_length=128)
    new_password = PasswordField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Hold the new password against everything that the link's player is called. Raises ResetLinkInvalid."""
        player = player_of_link(uid=attrs["uid"], token=attrs["token"])
        _check_password("new_password", attrs["new_password"], player=player)
        return attrs


class SignInKeptSerializer(serializers.Serializer[Any]):
    """An open session or pair of tokens."""

    id = serializers.IntegerField()
    kind = serializers.SerializerMethodField()
    device = serializers.CharField(help_text="What the browser or program calls itself.")
    address = serializers.CharField(allow_null=True)
    began_at = serializers.DateTimeField()
    seen_at = serializers.DateTimeField(help_text="When it was last used, to five minutes; of tokens, last exchanged.")
    until = serializers.DateTimeField(help_text="When it ends by itself.")
    is_this = serializers.SerializerMethodField()

    def get_kind(self, sign_in: SignIn) -> Literal["session", "tokens"]:
        """Return the kind of the sign-in: a browser's session or a pair of tokens."""
        return "session" if sign_in.session_key else "tokens"

    def get_is_this(self, sign_in: SignIn) -> bool:
        """Return whether this request was authenticated by this sign-in."""
        return bool(sign_in.pk == self.context["this"])
