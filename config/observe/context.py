"""What the work under way belongs to: a request, a player, an operation. Log lines, tasks and error reports name them.

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
    """Who works where no player does."""
    return None


@dataclass(slots=True)
class Work:
    """Something under way. `find_player` is asked when a line is written, for who it is comes out on the way."""

    request_id: str
    operation_id: str = ""
    find_player: Callable[[], int | None] = nobody

    @property
    def ids(self) -> dict[str, str | int]:
        """The ids that are known, by name."""
        named = {"request_id": self.request_id, "player_id": self.find_player(), "operation_id": self.operation_id}
        return {name: value for name, value in named.items() if value}


_under_way: ContextVar[Work | None] = ContextVar("work", default=None)


def begin(work: Work) -> Token[Work | None]:
    """Everything from here on belongs to this work, until `end` with what this returns."""
    return _under_way.set(work)


def end(token: Token[Work | None]) -> None:
    """What was under way before is under way again."""
    _under_way.reset(token)


def ids_under_way() -> dict[str, str | int]:
    """The ids of what is under way; none between two pieces of work."""
    work = _under_way.get()
    return work.ids if work is not None else {}


def request_id_under_way() -> str:
    """The id of the request, empty where there is none."""
    work = _under_way.get()
    return work.request_id if work is not None else ""


def name_operation(operation: UUID) -> None:
    """The work carries out this operation; what it leads to, such as the second row of a refund, goes by its name."""
    work = _under_way.get()
    if work is not None and not work.operation_id:
        work.operation_id = str(operation)


def name_player(player_id: int | None) -> None:
    """The work is this player's."""
    work = _under_way.get()
    if work is not None:
        work.find_player = lambda: player_id


def of_nobody() -> Context:
    """A copy of the context for a coroutine that goes on when what has begun it is over: it belongs to no work."""
    copied = copy_context()
    copied.run(_under_way.set, None)
    return copied


def new_request_id() -> str:
    """An id for a request that came without one."""
    return uuid4().hex


def is_request_id(text: str) -> bool:
    """Whether this can be taken over as a request's id."""
    return _REQUEST_ID.fullmatch(text) is not None
