"""Requests that are carried out once: an operation id, and a digest that tells the request from any other.

The digest is kept with the row that a request made. A repeat under the same operation id gives that row again; another
request under it is a conflict.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar
from uuid import UUID, uuid5

from core.errors import IdempotencyConflict
from core.observability.context import name_operation

#: The version of the digest's form. Increase it when the form changes, and recognise the former one for a version.
DIGEST_VERSION = 2

Plain = str | int | None
_PLAIN_TYPES = (str, int, bool, type(None))


class Made(Protocol):
    """A row that a request made."""

    request_digest: UUID
    is_replay: bool


MadeRow = TypeVar("MadeRow", bound=Made)


@dataclass(frozen=True, slots=True)
class Request:
    """What a player asks for: a name and plain fields, by which its digest stays the same across deployments.

    Names of requests and fields are kept by rows: never rename one. A new field is None for requests that do without,
    as fields of None are left out of the digest. `former` is the text that version 0.1.0 digested: by default that of
    a tuple of the name and the values. Raises TypeError for values that are not plain.
    """

    name: str
    fields: Mapping[str, Plain]
    former: str = ""

    def __post_init__(self) -> None:
        """Refuse values whose text could change with the code, such as members of an enumeration."""
        for field, value in self.fields.items():
            if type(value) not in _PLAIN_TYPES:
                raise TypeError(f"{self.name}: {field} is no plain value")

    def digest(self, operation: UUID) -> UUID:
        """Return the digest under an operation id."""
        given = {field: value for field, value in self.fields.items() if value is not None}
        text = json.dumps([DIGEST_VERSION, self.name, given], sort_keys=True, separators=(",", ":"))
        return uuid5(operation, text)

    def former_digest(self, operation: UUID) -> UUID:
        """Return the digest that version 0.1.0 kept, of the `repr` of a tuple."""
        return uuid5(operation, self.former or repr((self.name, *self.fields.values())))


@dataclass(frozen=True, slots=True)
class Order:
    """A request with its initiator and the initiator's operation id, and its digest."""

    operation: UUID
    initiator_id: int
    request: Request
    digest: UUID

    def is_digested_as(self, kept: UUID) -> bool:
        """Return whether a kept digest is this request's, in the current form or that of version 0.1.0."""
        return kept in (self.digest, self.request.former_digest(self.operation))


def order_of(*, operation: UUID, initiator_id: int, request: Request) -> Order:
    """Return the order for a request, and name its operation in the log."""
    name_operation(operation)
    return Order(operation, initiator_id, request, request.digest(operation))


def as_replay(earlier: MadeRow, order: Order) -> MadeRow:
    """Return what the same operation id made before, marked as a replay.

    Raises IdempotencyConflict where it was another request.
    """
    if not order.is_digested_as(earlier.request_digest):
        raise IdempotencyConflict
    earlier.is_replay = True
    return earlier
