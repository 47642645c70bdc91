"""The context of the work under way: a request, a player, an operation. Log lines, tasks and error reports name them.

Each thread and each coroutine has its own. None of it is personal: ids, and no names, addresses or tokens.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextvars import Context, ContextVar, Token, copy_context
from dataclasses import dataclass
from uuid import UUID, uuid4

#: What a request id may look like that somebody else has made.
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def nobody() -> int | None:
    """Return the player of work that is nobody's: None."""
    return None


@dataclass(slots=True)
class Work:
    """A piece of work.

    `find_player` is called when a line is written, as the player may become known only during the work.
    """

    request_id: str
    operation_id: str = ""
    find_player: Callable[[], int | None] = nobody

    @property
    def ids(self) -> dict[str, str | int]:
        """Return the ids that are known, by name."""
        named = {"request_id": self.request_id, "player_id": self.find_player(), "operation_id": self.operation_id}
        return {name: value for name, value in named.items() if value}


_under_way: ContextVar[Work | None] = ContextVar("work", default=None)


def begin(work: Work) -> Token[Work | None]:
    """Begin a piece of work: what follows belongs to it, until `end` with what this returns."""
    return _under_way.set(work)


def end(token: Token[Work | None]) -> None:
    """End a piece of work and return to the one before it."""
    _under_way.reset(token)


def ids_under_way() -> dict[str, str | int]:
    """Return the ids of the work under way; none between two pieces of work."""
    work = _under_way.get()
    return work.ids if work is not None else {}


def request_id_under_way() -> str:
    """Return the id of the request under way, empty where there is none."""
    work = _under_way.get()
    return work.request_id if work is not None else ""


def name_operation(operation: UUID) -> None:
    """Name the operation that the work under way executes.

    Further ones, such as a refund's second row, keep its name.
    """
    work = _under_way.get()
    if work is not None and not work.operation_id:
        work.operation_id = str(operation)


def name_player(player_id: int | None) -> None:
    """Name the player of the work under way."""
    work = _under_way.get()
    if work is not None:
        work.find_player = lambda: player_id


def of_nobody() -> Context:
    """Copy the context for a coroutine that outlives the work that started it: the copy belongs to no work."""
    copied = copy_context()
    copied.run(_under_way.set, None)
    return copied


def new_request_id() -> str:
    """Make an id for a request that came without one."""
    return uuid4().hex


def is_request_id(text: str) -> bool:
    """Return whether this text can be adopted as a request's id."""
    return _REQUEST_ID.fullmatch(text) is not None
