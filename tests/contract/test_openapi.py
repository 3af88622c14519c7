"""The OpenAPI document and the page made from it."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import FieldOptions
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from deploy.edge.contracts import Contracts
from deploy.edge.openapi import rules
from deploy.edge.openapi.examples import example
from deploy.edge.openapi.operations import openapi_path
from deploy.edge.render import GENERATED

DOCUMENT = json.loads((GENERATED / "openapi.json").read_text())
PAGE = (GENERATED / "docs.html").read_text()
OPERATIONS = [
    (path, verb, operation) for path, content in DOCUMENT["paths"].items() for verb, operation in content.items()
]
OPERATION_IDS = [str(operation["operationId"]) for _, _, operation in OPERATIONS]


def schema_errors(schema: dict[str, Any], value: object) -> list[str]:
    """What is wrong with a value by a schema of the document."""
    registry = Registry().with_resource("urn:openapi", DRAFT202012.create_resource(DOCUMENT))
    absolute = json.loads(json.dumps(schema).replace('"#/', '"urn:openapi#/'))
    validator = Draft202012Validator(absolute, registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


@pytest.mark.slow
def test_it_is_openapi() -> None:
    assert DOCUMENT["openapi"].startswith("3.1.")
    validate(DOCUMENT)


def test_it_holds_exactly_the_public_addresses(contracts: Contracts) -> None:
    listed = {(verb.upper(), path) for path, content in DOCUMENT["paths"].items() for verb in content}
    assert listed == {(b.verb, openapi_path(b.path)) for m in contracts.public_methods for b in m.bindings}
    assert "Internal" not in json.dumps(DOCUMENT["paths"])


@pytest.mark.parametrize(("path", "verb", "operation"), OPERATIONS, ids=OPERATION_IDS)
def test_an_operation_is_complete(path: str, verb: str, operation: dict[str, Any]) -> None:
    named = {parameter.get("name") for parameter in operation["parameters"] if parameter.get("in") == "path"}
    assert named == set(re.findall(r"\{(\w+)\}", path))
    assert operation["description"]
    assert operation["security"]
    assert {"200", "400", "401", "429", "503", "504", "default"} <= set(operation["responses"])
    assert ("requestBody" in operation) == (verb not in ("get", "delete"))


@pytest.mark.parametrize(("path", "verb", "operation"), OPERATIONS, ids=OPERATION_IDS)
def test_its_examples_fit_its_schemas(path: str, verb: str, operation: dict[str, Any]) -> None:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body:
        assert schema_errors(body["schema"], example(DOCUMENT, body["schema"], reading=False)) == []
    answer = operation["responses"]["200"]["content"].get("application/json", {})
    if answer.get("schema"):
        assert schema_errors(answer["schema"], example(DOCUMENT, answer["schema"], reading=True)) == []


def test_operation_ids_are_unique() -> None:
    assert len(OPERATION_IDS) == len(set(OPERATION_IDS))


@pytest.mark.parametrize(
    ("schema", "field", "keywords"),
    [
        ("RegisterRequest", "email", {"format": "email", "maxLength": 254}),
        ("RegisterRequest", "password", {"minLength": 10, "maxLength": 200}),
        ("PlaceOrderRequest", "paymentFlow", {"not": {"enum": ["PAYMENT_FLOW_UNSPECIFIED"]}}),
        ("ProductUpdate", "variants", {"type": "array", "minItems": 1, "maxItems": 100}),
        ("Variant", "stock", {"type": "string", "format": "int64", "readOnly": True}),
        ("Variant", "initialStock", {"type": "string", "writeOnly": True}),
        ("Order", "createTime", {"type": "string", "format": "date-time", "readOnly": True}),
        ("Order", "version", {"type": "string", "format": "int64"}),
        ("Money", "nanos", {"minimum": -999_999_999, "maximum": 999_999_999}),
    ],
)
def test_rules_become_keywords(schema: str, field: str, keywords: dict[str, Any]) -> None:
    found = DOCUMENT["components"]["schemas"][schema]["properties"][field]
    assert {name: found.get(name) for name in keywords} == keywords


def test_what_is_required_is_said() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert set(schemas["RegisterRequest"]["required"]) == {"email", "password", "displayName"}
    assert "requestId" not in schemas["PlaceOrderRequest"]["required"], "the header does as well"
    assert "required" not in schemas["ProductUpdate"], "an update may leave anything out"


def test_who_may_call_is_said() -> None:
    def security(path: str, verb: str) -> list[dict[str, list[str]]]:
        found: list[dict[str, list[str]]] = DOCUMENT["paths"][path][verb]["security"]
        return found

    assert security("/api/v1/me", "get") == [{"bearer": []}]
    assert security("/api/v1/products", "get") == [{}, {"bearer": []}]
    assert security("/api/v1/carts/{cartId}", "get") == [{}, {"bearer": []}]
    assert security("/api/v1/orders/{orderId}", "get") == [{"bearer": []}, {"orderToken": []}]


def test_streams_and_raw_bodies_are_what_they_are() -> None:
    paths = DOCUMENT["paths"]
    watch = paths["/api/v1/orders/{orderId}:watch"]["get"]
    assert list(watch["responses"]["200"]["content"]) == ["text/event-stream"]
    assert {"$ref": "#/components/parameters/LastEventId"} in watch["parameters"]
    assert list(paths["/.well-known/jwks.json"]["get"]["responses"]["200"]["content"]) == ["application/json"]
    assert list(paths["/webhooks/stripe"]["post"]["requestBody"]["content"]) == ["*/*"]


def test_a_rule_that_is_not_translated_stops_the_generation(contracts: Contracts) -> None:
    """The document must not promise less than the service checks."""
    field = contracts.pool.FindFieldByName("shopmesh.auth.v1.LogInRequest.email")
    given = contracts.option(FieldOptions(), rules.FIELD)
    given.string.ip = True
    with pytest.raises(rules.UnknownRuleError, match=r"LogInRequest\.email: string\.ip"):
        rules.constraints(given, field)


@pytest.mark.parametrize(
    "surprise",
    [
        "billionths",
        "updateMask",
        "Idempotency-Key",
        "The id is the key",
        "x-order-token",
        "refreshToken",
        "30 seconds",
        "EventSource",
        "Last-Event-ID",
        "nextPageToken",
        "CORS",
        "retry-after",
    ],
)
def test_it_says_what_surprises_a_web_client(surprise: str) -> None:
    assert surprise in DOCUMENT["info"]["description"]


class Links(HTMLParser):
    """What a page points at, and what it can be pointed at."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.ids: list[str] = []
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.targets += [value for name, value in attrs if name in ("href", "src") and value]
        self.ids += [value for name, value in attrs if name == "id" and value]


def test_the_page_needs_no_network_and_no_script() -> None:
    links = Links(PAGE)
    assert [target for target in links.targets if not target.startswith(("#", "data:,"))] == ["/openapi.json"]
    assert "script" not in links.tags
    assert "url(" not in PAGE
    assert "@import" not in PAGE


def test_the_pages_links_lead_somewhere() -> None:
    links = Links(PAGE)
    assert len(links.ids) == len(set(links.ids))
    assert {target[1:] for target in links.targets if target.startswith("#")} <= set(links.ids)


def test_the_page_shows_every_operation() -> None:
    ids = set(Links(PAGE).ids)
    assert set(OPERATION_IDS) <= ids
    assert {f"schema-{name}" for name in DOCUMENT["components"]["schemas"]} <= ids
