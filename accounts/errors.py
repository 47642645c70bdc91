"""Errors of signing in, besides `core.errors.LockedOut`. A field at fault is Django's ValidationError instead."""

from typing import Final

from django.core.exceptions import ValidationError

from core.errors import DomainError


class NoActiveAccount(DomainError):
    """The single answer to a wrong name, a wrong password and a deactivated account, so that none is revealed."""

    code, status, message = "no_active_account", 401, "No active account has this name and password."


class TokenNotValid(DomainError):
    """Raised for a refresh token that is forged, expired, used or revoked."""

    code, status, message = "token_not_valid", 401, "The refresh token is not valid any more. Sign in again."


class NoSuchSignIn(DomainError):
    """Raised for a sign-in that has ended, or is another player's."""

    code, status, message = "not_found", 404, "There is no such sign-in; it may have ended."


class NoSuchKey(DomainError):
    """Raised for a key that has ended, or is another player's."""

    code, status, message = "not_found", 404, "There is no such API key; it may have ended."


class TooManyKeys(DomainError):
    """Raised when a player already has API_KEYS_MAX keys."""

    code, status, message = "too_many_keys", 409, "The limit of API keys for one player is reached. End one first."


class SecondFactorMissing(DomainError):
    """Raised when a key is made without the proof of the second factor that the player has turned on."""

    code, status, message = "second_factor_missing", 403, "Enter a code of your second factor first, in this session."


class NoMail(DomainError):
    """Raised when a mail is asked for and the exchange has no mail server (EMAIL_URL)."""

    code, status, message = "no_mail", 503, "This exchange sends no mail. Ask its administrator for a new password."


class ResetLinkInvalid(ValidationError):
    """Raised for a link for a new password that is forged, expired, used, or ended by another change to the account."""

    word: Final = "reset_link_invalid"

    def __init__(self) -> None:
        said = ValidationError("This link is not valid any more. Ask for a new one.", code=self.word)
        super().__init__({"token": said})


class AddressTaken(DomainError):
    """Raised to administrators alone: players are not told who has an address."""

    code, status, message = "address_taken", 409, "The address that this player claims is another account's."


class AddressLinkInvalid(Exception):
    """Raised for a link for a new address that is forged, expired, used, or ended by another change to the account."""
