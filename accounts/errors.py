"""What signing in refuses, besides `config.errors.LockedOut`. A field at fault is Django's ValidationError instead."""

from config.errors import DomainError


class NoActiveAccount(DomainError):
    """Deliberately one answer for a wrong name, a wrong password and a deactivated account."""

    code, status, message = "no_active_account", 401, "No active account has this name and password."


class TokenNotValid(DomainError):
    """A refresh token that is forged, expired, used or revoked."""

    code, status, message = "token_not_valid", 401, "The refresh token is not valid any more. Sign in again."
