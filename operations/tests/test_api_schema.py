"""The committed schema of the API is up to date and complete."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from jsonschema import Draft202012Validator

SCHEMA = Path(settings.BASE_DIR) / "docs" / "openapi.yaml"
DESCRIPTION = yaml.load(SCHEMA.read_text(), yaml.CSafeLoader)
SCHEMAS = DESCRIPTION["components"]["schemas"]
OPERATIONS = [
    (path, method, operation) for path, methods in DESCRIPTION["paths"].items() for method, operation in methods.items()
]


@pytest.fixture(scope="module")
def generated() -> str:
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    return out.getvalue()


def test_the_schema_is_generated_without_a_warning_and_committed(generated):
    assert SCHEMA.read_text() == generated, "run manage.py spectacular --file docs/openapi.yaml"


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in the schema."""
    if isinstance(node, dict):
        yield node
    for part in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from nodes(part)


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": DESCRIPTION["components"]})


def answers(operation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    shared = DESCRIPTION["components"]["responses"]
    return {
        status: shared[answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer
        for status, answer in operation["responses"].items()
    }


def test_null_is_a_type() -> None:
    assert [node for node in nodes(DESCRIPTION) if "nullable" in node] == []
    assert "NullEnum" not in SCHEMAS
    assert SCHEMAS["LandReply"]["properties"]["owner"]["type"] == ["string", "null"]
    assert {"type": "null"} in SCHEMAS["AuditReply"]["properties"]["biome"]["oneOf"]


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("BuyRequest", {"BuyBySpend": {"biome", "spend"}, "BuyByShares": {"biome", "shares"}}),
        (
            "QuoteRequest",
            {
                "QuoteBuyBySpend": {"biome", "side", "spend"},
                "QuoteBuyByShares": {"biome", "side", "shares"},
                "QuoteSell": {"biome", "side", "shares"},
            },
        ),
        (
            "OpenListingRequest",
            {
                "OpenFixedPrice": {"land", "kind", "price", "title"},
                "OpenAuction": {"land", "kind", "price", "title"},
            },
        ),
    ],
)
def test_bodies_whose_fields_hang_on_each_other_are_unions(name: str, parts: dict[str, set[str]]) -> None:
    assert [part["$ref"].rpartition("/")[2] for part in SCHEMAS[name]["oneOf"]] == list(parts)
    for part, required in parts.items():
        assert set(SCHEMAS[part]["required"]) == required
        assert SCHEMAS[part]["additionalProperties"] is False


def test_no_body_takes_what_it_does_not_name() -> None:
    bodies = [
        SCHEMAS[operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]]
        for _path, _method, operation in OPERATIONS
        if "requestBody" in operation
    ]
    assert bodies
    assert [body for body in bodies if "oneOf" not in body and body.get("additionalProperties") is not False] == []


def test_no_default_is_refused() -> None:
    with_default = [node for node in nodes(DESCRIPTION) if "default" in node and "type" in node]
    assert with_default
    assert [node for node in with_default if not validator(node).is_valid(node["default"])] == []


def test_every_operation_has_a_summary_and_a_description() -> None:
    poor = [
        (path, method)
        for path, method, operation in OPERATIONS
        if not operation.get("summary") or len(operation.get("description", "")) <= len(operation["summary"])
    ]
    assert poor == []


def test_keys_in_headers_are_strings() -> None:
    headers = [node for node in nodes(DESCRIPTION["paths"]) if node.get("in") == "header"]
    assert headers
    assert {(header["schema"]["type"], header["schema"].get("format")) for header in headers} == {("string", None)}


def test_money_has_a_unit_and_a_pattern() -> None:
    fields = [
        (name, part, field)
        for name, schema in SCHEMAS.items()
        for part, field in schema.get("properties", {}).items()
        if "[0-9]" in field.get("pattern", "")
    ]
    assert [(name, part) for name, part, field in fields if not field.get("description")] == []
    assert {
        "BuyBySpend.spend", "QuoteSell.shares", "OpenAuction.price", "WalletReply.balance", "TradeReply.amount",
        "MarketReply.price", "ListingReply.buy_now", "HoldReply.amount", "LandReply.base_price",
    } <= {f"{name}.{part}" for name, part, _field in fields}  # fmt: skip


def test_statuses_are_those_that_happen() -> None:
    for path, method, operation in OPERATIONS:
        statuses = set(operation["responses"])
        takes_body = "requestBody" in operation
        assert ({"413", "415"} <= statuses) == takes_body, (path, method)
        assert not {"413", "415"} & statuses or takes_body, (path, method)
        assert {"400", "405", "429", "503"} <= statuses, (path, method)
        assert ("401" in statuses) or not any(operation.get("security", [{}])), (path, method)


def test_answers_name_their_headers() -> None:
    for path, method, operation in OPERATIONS:
        for status, answer in answers(operation).items():
            names = set(answer.get("headers", {}))
            assert status == "304" or {"RateLimit", "RateLimit-Policy"} <= names, (path, method, status)
            assert ("Retry-After" in names) == (status in ("429", "503")), (path, method, status)
            assert ("Allow" in names) == (status == "405")
            assert "ETag" in names if status == "304" else True
            if status == "201" and "register" not in path:
                assert {"Location", "Idempotency-Replayed"} & names, (path, method)


def test_examples_are_what_the_schema_says() -> None:
    for path, method, operation in OPERATIONS:
        for status, answer in answers(operation).items():
            for content in answer.get("content", {}).values():
                for example in content.get("examples", {}).values():
                    errors = [error.message for error in validator(content["schema"]).iter_errors(example["value"])]
                    assert errors == [], (path, method, status)


def test_servers_are_named() -> None:
    assert DESCRIPTION["servers"][0]["url"] == "/"
