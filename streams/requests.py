"""Serializers of what clients of the streams ask for."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.api.fields import TextField, WholeNumberField
from core.api.known_fields import RequestSerializer
from streams import registry


class RoomField(serializers.ChoiceField):
    """The name of a room that an app has registered."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=(), **options)

    def to_internal_value(self, data: Any) -> str:
        """Return the name. Raises ValidationError (`invalid_choice`) where there is no such room."""
        if str(data) not in registry.rooms:
            self.fail("invalid_choice", input=data)
        return str(data)


class RoomListField(serializers.ListField):
    """Names of rooms, no more than there are."""

    child = RoomField()

    def to_internal_value(self, data: Any) -> list[str]:
        """Return the names. Raises ValidationError."""
        if isinstance(data, list) and len(data) > len(registry.rooms):
            self.fail("max_length", max_length=len(registry.rooms))
        names: list[str] = super().to_internal_value(data)
        return names


class RoomRequest(RequestSerializer):
    """A room of the stream."""

    room = RoomField()


class RoomsRequest(RequestSerializer):
    """One room of the stream, or several."""

    room = RoomListField()


class ResumeRequest(RequestSerializer):
    """The position at which a client's connection ended."""

    epoch = TextField(max_length=64, allow_blank=True)
    seq = WholeNumberField(min_value=0, max_value=2**63 - 1)
    rooms = RoomListField(required=False)
