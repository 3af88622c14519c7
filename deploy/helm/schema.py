"""``values.schema.json`` from ``values.yaml``: a key that the file does not have is refused by its name."""

import json
from collections.abc import Sequence
from typing import Any

from deploy.helm.values import Value

Schema = dict[str, Any]
PARTS = ("api", "relay", "consumer", "worker")
GROUP_KEYS = ("replicas", "resources", "autoscaling", "pdb", "spread", "nodeSelector", "tolerations", "affinity")
"""What a group of parts may say apart from its service."""
TYPES: dict[type, Schema] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    list: {"type": "array"},
    dict: {"type": "object"},
}
ENTRIES: dict[str, Schema] = {
    "string": {"type": ["string", "number", "boolean"]},
    "any": {},
    "secret": {
        "type": "object",
        "properties": {"name": {"type": "string"}, "key": {"type": "string"}, "optional": {"type": "boolean"}},
        "required": ["name", "key"],
        "additionalProperties": False,
    },
    "limit": {
        "type": "object",
        "properties": {
            "requests": {"type": "integer", "minimum": 1},
            "seconds": {"type": "integer", "minimum": 1},
        },
        "required": ["requests"],
        "additionalProperties": False,
    },
}
"""What an entry of a free map can be."""
QUANTITIES: Schema = {"type": ["object", "null"], "additionalProperties": {"type": ["string", "number"]}}
RESOURCES: Schema = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "requests": QUANTITIES,
        "limits": QUANTITIES,
        "claims": {"type": "array", "items": {"type": "object"}},
    },
}
"""What a container asks of its node; which kinds there are is the node's matter. Null in place of all
limits takes them away; of one quantity it would be read as none at all, 0."""
NAME = "^[a-z]([a-z0-9-]{0,14}[a-z0-9])?$"


def text(values: Sequence[Value]) -> str:
    """The file's text."""
    defaults = next(value for value in values if value.path == "defaults")
    top = {
        "$schema": "https://json-schema.org/draft-07/schema#",
        "title": "Values of the chart shopmesh",
        **_mapping(values),
        "$defs": {"service": _mapping(defaults.inner)},
    }
    top["properties"] |= {"global": {"type": "object"}}  # helm itself adds it
    return json.dumps(top, indent=1, ensure_ascii=False) + "\n"


def _mapping(values: Sequence[Value]) -> Schema:
    properties = {value.key: _schema(value) for value in values}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _schema(value: Value) -> Schema:
    return {"description": value.text} | _shape(value)


def _shape(value: Value) -> Schema:
    tags = value.tags
    if "services" in tags:
        return {
            "type": "object",
            "propertyNames": {"pattern": NAME},
            "additionalProperties": {"$ref": "#/$defs/service"},
        }
    if "parts" in tags:
        return {"oneOf": [{"const": "together"}, {"type": "array", "minItems": 1, "items": _group()}]}
    if "map" in tags:
        return {"type": "object", "additionalProperties": ENTRIES[tags["map"]]}
    if "resources" in tags:
        return RESOURCES
    if "any" in tags:
        return {"type": "object"}
    if value.inner:
        return _mapping(value.inner)
    return _leaf(value)


def _leaf(value: Value) -> Schema:
    tags = value.tags
    schema = dict(TYPES[type(value.default)])
    if "type" in tags:
        schema = {"type": tags["type"].split(", ")}
    if "enum" in tags:
        schema["enum"] = tags["enum"].split(", ")
    if "items" in tags:
        schema["items"] = _items(tags["items"])
    return schema | {bound: float(tags[bound]) for bound in ("minimum", "maximum") if bound in tags}


def _items(said: str) -> Schema:
    if said == "any":
        return {"type": "object"}
    return {"type": "string"} if said == "string" else {"enum": said.split(", ")}


def _group() -> Schema:
    """A group of parts: its keys are the service's own."""
    own = {key: {"$ref": f"#/$defs/service/properties/{key}"} for key in GROUP_KEYS}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["name", "parts"],
        "properties": {
            "name": {"type": "string", "pattern": NAME},
            "parts": {"type": "array", "minItems": 1, "items": {"enum": list(PARTS)}},
            **own,
        },
    }
