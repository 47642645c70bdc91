"""Names and addresses belong to one player each, whatever their case. The database decides; this says so by field."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Value
from django.db.models.functions import Lower
from psycopg import errors as pg

from accounts.models import User

TAKEN = {
    "username": "Another player has this name.",
    "email": "Another player has this address.",
}


def refuse_taken(field: str, value: str, *, besides: int | None = None) -> str:
    """The value, where no player has it but the one with the id `besides`. Raises ValidationError with code `unique`.

    A form asks before it writes, so that all the fields at fault are named at once; the database decides.
    """
    # Folded by the database, as its index is.
    owners = User.objects.alias(folded=Lower(field)).filter(folded=Lower(Value(value)))
    if (owners if besides is None else owners.exclude(pk=besides)).exists():
        raise ValidationError(TAKEN[field], code="unique")
    return value


@contextmanager
def taken_as_field_error() -> Iterator[None]:
    """Turn a lost race for a name or an address into ValidationError on that field, code `unique`."""
    try:
        yield
    except IntegrityError as error:
        if (field := _taken_field(error)) is None:
            raise
        raise ValidationError({field: ValidationError(TAKEN[field], code="unique")}) from error


def _taken_field(error: IntegrityError) -> str | None:
    if not isinstance(error.__cause__, pg.UniqueViolation):
        return None
    constraint = error.__cause__.diag.constraint_name or ""
    # Each field has two constraints, the exact one and the one that ignores case; both are named after it.
    return next((field for field in TAKEN if f"_{field}_" in constraint), None)
