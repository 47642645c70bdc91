"""Serializers of the API keys' endpoints."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.models import ApiKey
from accounts.serializers import PasswordField
from core.api.fields import TextField
from core.api.known_fields import RequestSerializer

NAME_LENGTH, NETWORK_LENGTH, NETWORKS_MAX = 60, 49, 20


class MakeKeySerializer(RequestSerializer):
    """The request for a new key."""

    name = TextField(max_length=NAME_LENGTH, help_text="To recognise the key by.")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=ApiKey.Scope.choices),
        min_length=1,
        max_length=len(ApiKey.Scope),
        help_text="What it may do.",
    )
    expires_at = serializers.DateTimeField(required=False, help_text="When it ends by itself; left out, never.")
    addresses = serializers.ListField(
        child=TextField(max_length=NETWORK_LENGTH),
        required=False,
        default=list,
        min_length=1,
        max_length=NETWORKS_MAX,
        help_text="Addresses and networks, of IPv4 and IPv6, from which alone it works; left out, from everywhere.",
    )
    current_password = PasswordField(help_text="A stolen token makes no key.")


class KeySerializer(serializers.ModelSerializer[ApiKey]):
    """A key's data, without its secret."""

    addresses = serializers.ListField(source="networks", child=serializers.CharField())
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=ApiKey.Scope.choices))
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="To the minute; null is never.")

    class Meta:
        model = ApiKey
        fields = [
            "id", "name", "prefix", "scopes", "addresses", "made_at", "expires_at", "last_used_at", "last_used_address"
        ]  # fmt: skip
        read_only_fields = fields


class MadeKeySerializer(KeySerializer):
    """A key that has just been made."""

    key = serializers.CharField(help_text="Send it as `Authorization: Bearer ...`. It is told here alone, once.")

    class Meta(KeySerializer.Meta):
        fields = [*KeySerializer.Meta.fields, "key"]


def told(key: ApiKey, text: str) -> dict[str, Any]:
    """Return the reply to a key's creation, the only one that contains the key's text."""
    return {**KeySerializer(key).data, "key": text}
