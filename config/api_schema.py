"""How the API's documentation says what the API's own rules are, where the libraries leave them out."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from drf_standardized_errors.openapi import AutoSchema

from config.api_requests import ApiView, RequestSerializer
from config.fields import TextField

#: Of TextField: no NUL; and where blank is nothing, something beside white space, as Python strips it.
_ANYTHING = r"^[^\u0000]*$"
_WORDS = (
    r"^[^\u0000]*"
    r"[^\u0000\u0009-\u000d\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
    r"[^\u0000]*$"
)
_REFUSAL = {"$ref": "#/components/schemas/Refusal"}


class ApiSchema(AutoSchema):
    """Adds the limits of texts, what holds between fields, and that refusals are JSON whatever the answer is."""

    # The library has no annotations.
    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        schema = super()._map_serializer_field(field, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        return schema | _limits_of_text(field, schema) if isinstance(field, TextField) else schema

    def _map_serializer(self, serializer: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        schema = super()._map_serializer(serializer, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        if isinstance(serializer, RequestSerializer):
            schema = schema | {"additionalProperties": False}
        # What holds between the fields, in the words of JSON schema.
        return schema | getattr(serializer, "ALSO_HOLDS", {})

    def get_override_parameters(self) -> list[Any]:
        """Return what `extend_schema` names, and of a read what the view takes behind the question mark."""
        named: list[Any] = super().get_override_parameters()
        view = self.view
        return [*named, *view.query_types] if self.method == "GET" and isinstance(view, ApiView) else named

    def _get_response_for_code(
        self, serializer: Any, status_code: str, media_types: Any = None, direction: Any = "response"
    ) -> Any:
        types = ["application/json"] if int(status_code) >= HTTPStatus.BAD_REQUEST else media_types
        return super()._get_response_for_code(  # type: ignore[no-untyped-call]
            serializer, status_code, types, direction
        )

    def _should_add_http403_error_response(self) -> bool:
        # A session without the CSRF token is refused everywhere.
        return True


def _limits_of_text(field: TextField, schema: dict[str, Any]) -> dict[str, Any]:
    if field.allow_blank:
        return {"pattern": schema.get("pattern", _ANYTHING)}
    pattern = _WORDS if field.trim_whitespace else _ANYTHING
    return {"minLength": 1, "pattern": schema.get("pattern", pattern)}


def tell_of_every_refusal(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Let a 400 also be what is no field's fault: a body that is no object, a parameter of the address, a cursor."""
    for name, schema in result["components"]["schemas"].items():
        if name.endswith("ErrorResponse400"):
            known = [kind for kind in schema["oneOf"] if "ValidationError" in kind["$ref"]]
            result["components"]["schemas"][name] = {"anyOf": [*known, _REFUSAL]}
    return result
