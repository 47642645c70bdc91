"""Forms of the account's pages. The rules are those of the API (`accounts/serializers.py`)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import QueryDict

from accounts.models import User
from accounts.naming.names import check_username, normal_name, shown_name
from accounts.naming.uniqueness import refuse_look_alike, refuse_name_of_another, refuse_taken
from accounts.serializers import PASSWORD_MAX_LENGTH
from core.web.form_fields import TypedDecimalField
from core.web.time_zones import ZONES

_PERCENT_SIGN = re.compile(r"\s*[%\u066a\uff05]\s*$")

RULES_OF_PASSWORDS = "Twelve characters or more. Not a common one, not only digits, not like your name or address."


class NameField(forms.CharField):
    """A player's name in Unicode's one normal form, as it is stored."""

    def __init__(self, **options: Any) -> None:
        typed = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        super().__init__(widget=forms.TextInput(typed), **options)

    def to_python(self, value: Any) -> str:
        """Return the normalized name."""
        return normal_name(super().to_python(value) or "")


class PasswordField(forms.CharField):
    """A password exactly as it was typed; never shown again."""

    def __init__(self, *, autocomplete: str, **options: Any) -> None:
        widget = forms.PasswordInput({"autocomplete": autocomplete})
        super().__init__(strip=False, max_length=PASSWORD_MAX_LENGTH, widget=widget, **options)


class EmailField(forms.EmailField):
    """An address that no other player has."""

    def __init__(self) -> None:
        super().__init__(label="E-mail", max_length=254, widget=forms.EmailInput({"autocomplete": "email"}))


class PercentField(TypedDecimalField):
    """The field of a percentage with two places, stored as basis points."""

    def __init__(self, **options: Any) -> None:
        # Unlike a number input, it shows again whatever was typed.
        widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(min_value=0, max_value=100, decimal_places=2, widget=widget, **options)

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        """Return the percentage, typed with or without the sign. Raises ValidationError."""
        return super().to_python(value if value is None else _PERCENT_SIGN.sub("", str(value)))

    def clean(self, value: Any) -> int:
        """Return the basis points."""
        return int(super().clean(value).scaleb(2))

    def prepare_value(self, value: Any) -> Any:
        """Return the input's text: basis points as percent; a typed text unchanged."""
        return f"{Decimal(value).scaleb(-2).normalize():f}" if isinstance(value, int) else value


class RegisterForm(forms.Form):
    """A new account."""

    username = NameField(
        label="Name",
        max_length=150,
        validators=[check_username],
        help_text="Letters, digits and . + - _ only. Other players see it, and it cannot be changed.",
    )
    email = EmailField()
    password = PasswordField(autocomplete="new-password", help_text=RULES_OF_PASSWORDS)

    def clean_username(self) -> str:
        """Return the name. Raises ValidationError where another player has it, or one that looks the same."""
        return refuse_look_alike(refuse_taken("username", self.cleaned_data["username"]))

    def clean_email(self) -> str:
        """Return the address. Raises ValidationError where another player has it."""
        address: str = self.cleaned_data["email"]
        # Where addresses are verified, nobody is told who has one.
        return address if settings.VERIFICATION_REQUIRED else refuse_taken("email", address)

    def clean(self) -> dict[str, Any]:
        """Hold the password against everything that the player is called."""
        known = {field: self.cleaned_data.get(field, "") for field in ("username", "email")}
        _check_password(self, "password", player=User(**known))
        return self.cleaned_data


class SignInForm(forms.Form):
    """A name, or an e-mail address, and a password."""

    username = NameField(label="Name or e-mail", max_length=254)
    username.widget.attrs["autofocus"] = True
    password = PasswordField(autocomplete="current-password")


class AskForResetForm(forms.Form):
    """The form that asks for a link to set a new password."""

    email = EmailField()
    email.widget.attrs["autofocus"] = True


class NewPasswordForm(forms.Form):
    """A new password for the player whom a link names."""

    new_password = PasswordField(label="New password", autocomplete="new-password", help_text=RULES_OF_PASSWORDS)

    def __init__(self, *, user: User | None, **options: Any) -> None:
        super().__init__(**options)
        self.player = user

    def clean(self) -> dict[str, Any]:
        """Hold the new password against everything that the player is called."""
        assert self.player is not None
        _check_password(self, "new_password", player=self.player)
        return self.cleaned_data


class PlayerForm(forms.Form):
    """A form about a player's own account, with its current values."""

    def __init__(self, sent: QueryDict | None = None, *, player: User) -> None:
        initial = {name: getattr(player, name, None) for name in self.base_fields} | {"email": player.address}
        super().__init__(sent, initial=initial, auto_id=f"{type(self).__name__}_%s")
        self.player = player


class ProfileForm(PlayerForm):
    """The form of a player's profile."""

    display_name = forms.CharField(
        label="Display name",
        max_length=40,
        required=False,
        widget=forms.TextInput({"autocomplete": "nickname", "dir": "auto"}),
        help_text="Shown beside your name. Leave it empty to show your name only.",
    )
    email = EmailField()
    current_password = PasswordField(
        label="Current password",
        autocomplete="current-password",
        required=False,
        help_text="For a new address only. A link comes to it by mail; until you follow it, the old address counts.",
    )

    def clean_display_name(self) -> str:
        """Return the display name on one line. Raises ValidationError: invisible, look_alike."""
        return refuse_name_of_another(shown_name(self.cleaned_data["display_name"]), besides=self.player.pk)


class PreferencesForm(PlayerForm):
    """The form of a player's preferences for pages and trades."""

    theme = forms.ChoiceField(choices=User.Theme.choices, widget=forms.RadioSelect)
    motion = forms.ChoiceField(choices=User.Motion.choices, widget=forms.RadioSelect)
    time_zone = forms.ChoiceField(
        label="Time zone",
        choices=[("", "This browser's"), *((zone, zone.replace("_", " ")) for zone in ZONES)],
        required=False,
        help_text="All times on all pages are in it; hover shows UTC.",
    )
    default_tolerance_bps = PercentField(
        label="Tolerance for moved prices, in %",
        help_text="A trade is refused when the price has moved further against you than this. 20 is usual.",
    )


class PasswordForm(PlayerForm):
    """A new password in place of the current one."""

    current_password = PasswordField(label="Current password", autocomplete="current-password")
    new_password = PasswordField(label="New password", autocomplete="new-password", help_text=RULES_OF_PASSWORDS)

    def clean(self) -> dict[str, Any]:
        """Hold the new password against everything that the player is called."""
        _check_password(self, "new_password", player=self.player)
        return self.cleaned_data


def _check_password(form: forms.Form, field: str, *, player: User) -> None:
    """Report on the field what Django's validators find, if it was filled in at all."""
    password = form.cleaned_data.get(field)
    if not password:
        return
    try:
        validate_password(password, user=player)
    except ValidationError as error:
        form.add_error(field, error)
