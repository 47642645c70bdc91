"""What players fill in on the account's pages. The rules are those of the API (`accounts/serializers.py`)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError

from accounts.models import User
from accounts.serializers import PASSWORD_MAX_LENGTH
from accounts.uniqueness import refuse_taken

RULES_OF_PASSWORDS = "Ten characters or more. Not a common one, not only digits, not like your name or address."


class NameField(forms.CharField):
    """A player's name in Unicode's one normal form, as it is stored."""

    def __init__(self, **options: Any) -> None:
        typed = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        super().__init__(widget=forms.TextInput(typed), **options)

    def to_python(self, value: Any) -> str:
        """The normalized name."""
        return User.normalize_username(super().to_python(value) or "")


class PasswordField(forms.CharField):
    """A password exactly as it was typed; never shown again."""

    def __init__(self, *, autocomplete: str, **options: Any) -> None:
        widget = forms.PasswordInput({"autocomplete": autocomplete})
        super().__init__(strip=False, max_length=PASSWORD_MAX_LENGTH, widget=widget, **options)


class EmailField(forms.EmailField):
    """An address that no other player has."""

    def __init__(self) -> None:
        super().__init__(label="E-mail", max_length=254, widget=forms.EmailInput({"autocomplete": "email"}))


class RegisterForm(forms.Form):
    """A new account."""

    username = NameField(
        label="Name",
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        help_text="Letters, digits and @ . + - _ only. Other players see it, and it is for life.",
    )
    email = EmailField()
    password = PasswordField(autocomplete="new-password", help_text=RULES_OF_PASSWORDS)

    def clean_username(self) -> str:
        """The name. Raises ValidationError where another player has it."""
        return refuse_taken("username", self.cleaned_data["username"])

    def clean_email(self) -> str:
        """The address. Raises ValidationError where another player has it."""
        return refuse_taken("email", self.cleaned_data["email"])

    def clean(self) -> dict[str, Any]:
        """Hold the password against everything that the player is called."""
        known = {field: self.cleaned_data.get(field, "") for field in ("username", "email")}
        _check_password(self, "password", player=User(**known))
        return self.cleaned_data


class SignInForm(forms.Form):
    """A name, or an e-mail address, and a password."""

    username = NameField(label="Name or e-mail", max_length=254)
    password = PasswordField(autocomplete="current-password")


def _check_password(form: forms.Form, field: str, *, player: User) -> None:
    """Report on the field what Django's validators find, if it was filled in at all."""
    password = form.cleaned_data.get(field)
    if not password:
        return
    try:
        validate_password(password, user=player)
    except ValidationError as error:
        form.add_error(field, error)
