"""Uniqueness of names and addresses, whatever their case. The database decides; this reports it by field."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Value
from django.db.models.functions import Lower
from psycopg import errors as pg

from accounts.models import User
from accounts.naming.names import MESSAGES, look_of, refusal_of

TAKEN = {
    "username": "Another player has this name.",
    "email": "Another player has this address.",
}
#: What constraints are named after, by the field at fault and its code.
_CONSTRAINTS = {
    "_username_": ("username", "unique", TAKEN["username"]),
    "_email_": ("email", "unique", TAKEN["email"]),
    "_look_": ("username", "look_alike", MESSAGES["look_alike"]),
}


def refuse_taken(field: str, value: str, *, besides: int | None = None) -> str:
    """Return the value, where no player has it but the one with the id `besides`.

    Raises ValidationError with code `unique`.

    A form asks before it writes, so that all the fields at fault are named at once; the database decides.
    """
    # Folded by the database, as its index is.
    owners = User.objects.alias(folded=Lower(field)).filter(folded=Lower(Value(value)))
    if (owners if besides is None else owners.exclude(pk=besides)).exists():
        raise ValidationError(TAKEN[field], code="unique")
    return value


def refuse_look_alike(name: str, *, besides: int | None = None) -> str:
    """Return the name, where it looks like no other player's and like nobody's display name.

    Raises ValidationError: look_alike. The same name in another case is left to `refuse_taken`.
    """
    alike = User.objects.looking_like(name, besides=besides).alias(folded=Lower("username"))
    if "\x00" not in name and alike.exclude(folded=Lower(Value(name))).exists():
        raise refusal_of("look_alike")
    return name


def refuse_name_of_another(display_name: str, *, besides: int | None = None) -> str:
    """Return the display name, where it looks like no other player's username. Raises ValidationError: look_alike.

    Two may be called the same beside their usernames; none may be called what another is found by.
    """
    look = look_of(display_name)
    owners = User.objects.filter(look=look)
    if look and (owners if besides is None else owners.exclude(pk=besides)).exists():
        raise refusal_of("look_alike")
    return display_name


@contextmanager
def taken_as_field_error() -> Iterator[None]:
    """Turn a lost race for a name, its look or an address into ValidationError on that field: unique, look_alike."""
    try:
        yield
    except IntegrityError as error:
        if (taken := _taken(error)) is None:
            raise
        field, code, message = taken
        raise ValidationError({field: ValidationError(message, code=code)}) from error


@contextmanager
def is_lost_race(refusal: type[Exception]) -> Iterator[None]:
    """Turn a lost race for a name or an address into a refusal that does not reveal it."""
    try:
        yield
    except IntegrityError as error:
        if _taken(error) is None:
            raise
        raise refusal from error


def _taken(error: IntegrityError) -> tuple[str, str, str] | None:
    if not isinstance(error.__cause__, pg.UniqueViolation):
        return None
    constraint = error.__cause__.diag.constraint_name or ""
    # A field has several constraints, the exact one and the one that ignores case; all are named after it.
    return next((taken for part, taken in _CONSTRAINTS.items() if part in constraint), None)
