"""The OpenAPI document tells the truth: what it shows as an example arrives as the method it names."""

import json
from typing import Any

import httpx
import pytest

from deploy.edge.openapi.examples import example
from deploy.edge.openapi.page import resolve
from deploy.edge.render import GENERATED
from tests.edge.conftest import bearer
from tests.edge.upstream import JWKS_METHOD, Upstream

pytestmark = pytest.mark.stack

DOCUMENT = json.loads((GENERATED / "openapi.json").read_text())
OPERATIONS = [
    (path, verb, operation)
    for path, content in DOCUMENT["paths"].items()
    for verb, operation in content.items()
    if operation["operationId"] not in ("watchOrderEvents", "listDeliveries")  # a stream; a service that is away here
]
IDS = [operation["operationId"] for _, _, operation in OPERATIONS]


def request_for(path: str, verb: str, operation: dict[str, Any]) -> dict[str, Any]:
    """A request with everything that the operation lists."""
    query, headers = {}, bearer()
    for parameter in (resolve(DOCUMENT, each) for each in operation["parameters"]):
        value = example(DOCUMENT, parameter["schema"], reading=False, name=parameter["name"])
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", value)
        elif parameter["in"] == "query":
            query[parameter["name"]] = str(value).lower() if isinstance(value, bool) else value
        else:
            headers[parameter["name"]] = value
    made = {"method": verb.upper(), "url": path, "params": query, "headers": headers}
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        made["json"] = example(DOCUMENT, content["application/json"]["schema"], reading=False)
    return made


@pytest.mark.parametrize(("path", "verb", "operation"), OPERATIONS, ids=IDS)
async def test_the_examples_arrive(
    client: httpx.AsyncClient, upstream: Upstream, path: str, verb: str, operation: dict[str, Any]
) -> None:
    answer = await client.request(**request_for(path, verb, operation))
    assert answer.status_code == 200, answer.text
    if operation["x-grpc-method"] != JWKS_METHOD[1:]:
        assert upstream.only_call.path == f"/{operation['x-grpc-method']}"
