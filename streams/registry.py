"""The rooms and actions of the streams. Apps register theirs when they are ready; the streams know no app."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from streams.access.authentication import Visitor
from streams.client_queue import Letter
from streams.event_log import Position

#: Returns what a client is told first in a room: its name, and the position before the state was read.
FirstMessage = Callable[[str, Position], Awaitable[Letter]]
#: Carries out what a client asked for, and returns the content of the reply. Refusals are raised.
Action = Callable[[Visitor, dict[str, Any]], Awaitable[dict[str, Any]]]

#: By name: the rooms that anyone may join.
rooms: dict[str, FirstMessage] = {}
#: The rooms of a listener who names none.
default_rooms: list[str] = []
#: By name: what a client may ask for over the socket, besides joining and leaving rooms.
actions: dict[str, Action] = {}


def register_rooms(names: Iterable[str], first_message: FirstMessage, *, is_default: bool = False) -> None:
    """Let anyone join rooms of these names; `first_message` is what each begins with."""
    for name in names:
        rooms[name] = first_message
        if is_default and name not in default_rooms:
            default_rooms.append(name)


def register_action(name: str, action: Action) -> None:
    """Let clients of the socket ask for an action. The reply is of its name."""
    actions[name] = action
