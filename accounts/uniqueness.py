"""Names and addresses belong to one player each, whatever their case. The database decides; this says so by field."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from psycopg import errors as pg

TAKEN = {
    "username": "Another player has this name.",
    "email": "Another player has this address.",
}


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
