"""Extensions of the API's schema for rules of the API that the libraries do not describe."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from drf_spectacular.plumbing import ResolvedComponent
from drf_standardized_errors.openapi import AutoSchema
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated, IsAuthenticatedOrReadOnly

from core.api.fields import DecimalText, TextField
from core.api.known_fields import ApiView, RequestSerializer, Variant

#: Of TextField: no NUL; and where blank is nothing, something beside white space, as Python strips it.
_ANYTHING = r"^[^\u0000]*$"
_WORDS = (
    r"^[^\u0000]*"
    r"[^\u0000\u0009-\u000d\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
    r"[^\u0000]*$"
)
NON_FIELD_ERRORS = "non_field_errors"
_FOR_ANY_PLAYER = (IsAuthenticated, IsAuthenticatedOrReadOnly)


class ApiSchema(AutoSchema):
    """The schema of a view, with limits of texts, the ways to fill in a body, query parameters, and possible
    refusals.
    """

    # The library has no annotations.
    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        schema = super()._map_serializer_field(field, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        if isinstance(field, DecimalText):
            return schema | {"pattern": field.pattern}
        return schema | _limits_of_text(field, schema) if isinstance(field, TextField) else schema

    def _map_serializer(self, serializer: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        schema = super()._map_serializer(serializer, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        if not isinstance(serializer, RequestSerializer):
            return schema
        schema = schema | {"additionalProperties": False}
        return self._union(serializer, schema) if serializer.VARIANTS else schema

    def _union(self, serializer: RequestSerializer, whole: dict[str, Any]) -> dict[str, Any]:
        """Return a real union of components: one for each way to fill in the request."""
        parts = []
        for name, variant in serializer.VARIANTS.items():
            part = ResolvedComponent(  # type: ignore[no-untyped-call]
                name, ResolvedComponent.SCHEMA, _variant_of(whole, variant), name
            )
            self.registry.register_on_missing(part)
            parts.append(part.ref)
        union = {"oneOf": parts, "description": whole.get("description", "")}
        givens = [variant.given for variant in serializer.VARIANTS.values()]
        for name in givens[0]:
            values = [given[name] for given in givens]
            if len(set(values)) == len(values):
                mapping = {value: part["$ref"] for value, part in zip(values, parts, strict=True)}
                union["discriminator"] = {"propertyName": name, "mapping": mapping}
        return union

    def _get_request_body(self, direction: Any = "request") -> Any:
        body = super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        # Of a union the library does not see that each part of it must name something.
        is_union = bool(body) and bool(getattr(self.get_request_serializer(), "VARIANTS", None))
        return body | {"required": True} if is_union else body

    def get_operation(self, *args: Any, **options: Any) -> Any:
        """Return the operation, with the scope that it requires of an API key."""
        operation = super().get_operation(*args, **options)
        required = getattr(self.view, "required_scope", None)
        scope = required.get(self.method) if isinstance(required, Mapping) else required
        return operation | {"x-required-scope": scope} if operation and scope else operation

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters of `extend_schema`, and of a read the view's query parameters."""
        named: list[Any] = super().get_override_parameters()
        view = self.view
        return [*named, *view.query_types] if self.method == "GET" and isinstance(view, ApiView) else named

    def _get_pagination_parameters(self) -> list[Any]:
        # The library takes a list that comes as a file too for no list.
        if self.method != "GET" or (pages := getattr(self.view, "pagination_class", None)) is None:
            return []
        return list(pages().get_schema_operation_parameters(self.view))

    def get_summary(self) -> str:
        """Return the first sentence of the view's docstring."""
        named: str | None = super().get_summary()
        return named or " ".join(self.get_description().split()).split(". ")[0].rstrip(".")

    def get_description(self) -> str:  # type: ignore[override]  # the library's own
        """Return the view's docstring, and who may call it."""
        return f"{super().get_description()}\n\n{self._told_to()}"

    def _told_to(self) -> str:
        ways = self.get_auth()
        if not any(ways):
            return "Nobody needs to be signed in."
        if {} in ways:
            return "For guests too."
        if all(type(one) in _FOR_ANY_PLAYER for one in self.view.get_permissions()):
            return "For players."
        return "For those whom an administrator allowed it."

    def _should_add_error_response(self, responses: dict[str, Any], status_code: str) -> bool:
        return status_code not in responses and status_code in self._refusals()

    def _refusals(self) -> set[str]:
        """Return the statuses possible for a request of this kind, beside those that its view names."""
        can = {"400", "405", "429", "503"}
        is_write, ways = self.method not in SAFE_METHODS, self.get_auth()
        by_session = any(isinstance(way, SessionAuthentication) for way in self.view.get_authenticators())
        if any(ways):
            can.add("401")
        # A session without the CSRF token; or a player who may not.
        if (is_write and by_session) or self._told_to().startswith("For those"):
            can.add("403")
        if "{" in self.path:
            can.add("404")
        if is_write and self.get_request_serializer() is not None:
            can |= {"413", "415"}
        return can

    def _get_response_for_code(
        self, serializer: Any, status_code: str, media_types: Any = None, direction: Any = "response"
    ) -> Any:
        # Refusals are JSON whatever the answer is.
        types = ["application/json"] if int(status_code) >= HTTPStatus.BAD_REQUEST else media_types
        answer: dict[str, Any] = super()._get_response_for_code(  # type: ignore[no-untyped-call]
            serializer, status_code, types, direction
        )
        if int(status_code) == HTTPStatus.BAD_REQUEST:
            answer["description"] = f"{answer['description']} {self._codes_of_fields()}".strip()
        return answer

    def _codes_of_fields(self) -> str:
        if self.method in SAFE_METHODS or self.get_request_serializer() is None:
            return ""
        codes = self._get_validation_error_codes_by_field(self._determine_fields_with_error_codes())
        return "; ".join(f"`{name}`: {', '.join(sorted(codes[name]))}" for name in codes if name != NON_FIELD_ERRORS)

    def _get_error_response_examples(self) -> list[Any]:
        # `core.api.openapi_answers` has those that this exchange gives.
        return []


def _variant_of(whole: Mapping[str, Any], variant: Variant) -> dict[str, Any]:
    properties = {
        name: {"type": "string", "const": variant.given[name]} if name in variant.given else part
        for name, part in whole["properties"].items()
        if name not in variant.lacks
    }
    required = [*whole.get("required", ()), *variant.requires]
    return {**whole, "properties": properties, "required": [name for name in properties if name in required]}


def _limits_of_text(field: TextField, schema: dict[str, Any]) -> dict[str, Any]:
    if field.allow_blank:
        return {"pattern": schema.get("pattern", _ANYTHING)}
    pattern = _WORDS if field.trim_whitespace else _ANYTHING
    return {"minLength": 1, "pattern": schema.get("pattern", pattern)}
