"""Errors of signing in, besides `config.errors.LockedOut`. A field at fault is Django's ValidationError instead."""

from typing import Final

from django.core.exceptions import ValidationError

from config.errors import DomainError


class NoActiveAccount(DomainError):
    """Deliberately one answer for a wrong name, a wrong password and a deactivated account."""

    code, status, message = "no_active_account", 401, "No active account has this name and password."


class TokenNotValid(DomainError):
    """A refresh token that is forged, expired, used or revoked."""

    code, status, message = "token_not_valid", 401, "The refresh token is not valid any more. Sign in again."


class NoSuchSignIn(DomainError):
    """Ended already, or another player's."""

    code, status, message = "not_found", 404, "There is no such sign-in; it may have ended."


class NoSuchKey(DomainError):
    """Ended already, or another player's."""

    code, status, message = "not_found", 404, "There is no such API key; it may have ended."


class TooManyKeys(DomainError):
    """API_KEYS_MAX is reached."""

    code, status, message = "too_many_keys", 409, "The limit of API keys for one player is reached. End one first."


class SecondFactorMissing(DomainError):
    """Raised when a key is made without the proof of the second factor that the player has turned on."""

    code, status, message = "second_factor_missing", 403, "Enter a code of your second factor first, in this session."


class NoMail(DomainError):
    """Raised when a mail is asked for and the exchange has no mail server (EMAIL_URL)."""

    code, status, message = "no_mail", 503, "This exchange sends no mail. Ask its administrator for a new password."


class ResetLinkInvalid(ValidationError):
    """A link for a new password that is forged, expired, used, or ended by another change to the account."""

    word: Final = "reset_link_invalid"

    def __init__(self) -> None:
        said = ValidationError("This link is not valid any more. Ask for a new one.", code=self.word)
        super().__init__({"token": said})


class AddressTaken(DomainError):
    """Raised to administrators alone: players are not told who has an address."""

    code, status, message = "address_taken", 409, "The address that this player claims is another account's."


class AddressLinkInvalid(Exception):
    """A link for a new address that is forged, expired, used, or ended by another change to the account."""
