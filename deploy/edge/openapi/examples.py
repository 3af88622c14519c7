"""Example values and calls, made from the schemas."""

import json
import re
import shlex
from typing import Any

Document = dict[str, Any]

SHOP = "http://127.0.0.1:8080"
FORMATS = {
    "date-time": "2026-11-21T10:00:00Z",
    "email": "ada@example.com",
    "uuid": "6f1c0a52-8a0e-4b53-9f5e-1d3a0c6f7b21",
    "uri": "https://shop.example/pictures/1.png",
    "int64": "1",
    "uint64": "1",
}
SAMPLES = {
    "email": "ada@example.com",
    "password": "correct horse battery",
    "displayName": "Ada Lovelace",
    "locale": "en",
    "slug": "linen-shirt",
    "title": "Linen shirt",
    "sku": "LINEN-BLUE-L",
    "countryCode": "AT",
    "currencyCode": "EUR",
    "postalCode": "1010",
    "city": "Vienna",
    "lines": "Ring 1",
    "reason": "delivery 4711",
    "name": "Colour",
    "value": "Blue",
    "etag": "3",
    "cartEtag": "7",
    "nextPageToken": "",
    "rejectReason": "",
    "lastError": "",
    "variantTitle": "Blue / L",
    "imageUrl": "https://shop.example/pictures/1.png",
    "shortDescription": "Cool on hot days.",
    "description": "Woven in one piece.",
    "accessToken": "eyJhbGciOiJFUzI1NiJ9.e30.c2ln",
    "refreshToken": "rt_...",
    "orderToken": "ot_...",
    "checkoutUrl": "https://checkout.stripe.com/c/pay/cs_...",
    "clientSecret": "",
    "publishableKey": "pk_...",
    "template": "order_confirmed",
    "recipient": "ada@example.com",
    "subject": "Your order is confirmed",
    "region": "",
    "values": "Blue",
}
BODY_OF_ID = "01h2xcejqtf2nbrexx3vqjhp41"
DEEPEST = 6
ID_IN_WORDS = re.compile(r"\(([a-z]+)_\.\.\.[),]")


def example(document: Document, schema: Document, *, reading: bool, name: str = "", depth: int = 0) -> Any:
    """A value that fits; ``reading`` keeps what only answers carry and drops what only requests do."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        schema = {**document["components"]["schemas"][name], **{k: v for k, v in schema.items() if k == "not"}}
    if "examples" in schema:
        return schema["examples"][0]
    if schema.get("type") == "object":
        return _object(document, schema, reading, depth)
    if schema.get("type") == "array":
        return (
            [] if depth > DEEPEST else [example(document, schema["items"], reading=reading, name=name, depth=depth + 1)]
        )
    return _scalar(schema, name)


def curl(document: Document, verb: str, path: str, operation: Document) -> str:
    """A call for a shell, with what is required."""
    parameters = [_resolve(document, parameter) for parameter in operation["parameters"]]
    for parameter in parameters:
        if parameter["in"] == "path":
            value = _scalar(parameter["schema"], parameter["name"])
            path = path.replace("{" + parameter["name"] + "}", str(value))
    lines = [f"curl {'' if verb == 'GET' else f'-X {verb} '}{SHOP}{path}{_query(parameters)}"]
    lines += [f"-H {shlex.quote(line)}" for line in _header_lines(operation, parameters)]
    lines += _body(document, operation)
    return " \\\n  ".join(lines)


def _query(parameters: list[Document]) -> str:
    wanted = [p for p in parameters if p["in"] == "query" and (p.get("required") or p["name"] == "updateMask")]
    pairs = [f"{p['name']}={_first(_parameter_value(p))}" for p in wanted]
    return "'?" + "&".join(pairs) + "'" if pairs else ""


def _parameter_value(parameter: Document) -> Any:
    return example({}, parameter["schema"], reading=False, name=parameter["name"])


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) else value


def _header_lines(operation: Document, parameters: list[Document]) -> list[str]:
    schemes = operation["security"][0]
    lines = ["Authorization: Bearer $ACCESS_TOKEN"] if "bearer" in schemes else []
    if any(parameter["name"] == "Idempotency-Key" for parameter in parameters):
        lines.append(f"Idempotency-Key: {FORMATS['uuid']}")
    return lines


def _body(document: Document, operation: Document) -> list[str]:
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return ["--data-binary @notice.json"] if content else []
    value = example(document, content["application/json"]["schema"], reading=False)
    return ["-H 'Content-Type: application/json'", f"-d {shlex.quote(json.dumps(value, indent=2))}"]


def _object(document: Document, schema: Document, reading: bool, depth: int) -> Document:
    unwanted = "writeOnly" if reading else "readOnly"
    return {
        name: _identifier(field) or example(document, field, reading=reading, name=name, depth=depth + 1)
        for name, field in schema.get("properties", {}).items()
        if not field.get(unwanted) and (reading or _is_sent(name, schema, field))
    }


def _is_sent(name: str, schema: Document, field: Document) -> bool:
    """An example of a request shows what must be sent; where nothing must be, everything that can."""
    if name == "requestId":
        return False
    return name in schema.get("required", ()) or not schema.get("required")


def _identifier(schema: Document) -> str:
    """An id with the prefix that the field's description gives, as in ``Id of the order (ord_...)``."""
    prefix = ID_IN_WORDS.search(schema.get("description", ""))
    return f"{prefix[1]}_{BODY_OF_ID}" if prefix and schema.get("type") == "string" else ""


def _scalar(schema: Document, name: str) -> Any:
    if "enum" in schema:
        refused = schema.get("not", {}).get("enum", [])
        return next(value for value in schema["enum"][1:] if value not in refused)
    if schema.get("type") == "integer":
        return max(1, schema.get("minimum", 1))
    if schema.get("type") == "boolean":
        return True
    return _text(schema, name)


def _text(schema: Document, name: str) -> str:
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    prefix = schema.get("pattern", "").lstrip("^(").partition("_")[0]
    if "_[0-7]" in schema.get("pattern", ""):
        return f"{prefix}_{BODY_OF_ID}"
    return SAMPLES.get(name, "text")


def _resolve(document: Document, parameter: Document) -> Document:
    if "$ref" not in parameter:
        return parameter
    found: Document = document["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]
    return found
