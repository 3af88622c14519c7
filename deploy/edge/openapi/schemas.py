"""JSON Schemas of the contracts' messages, as proto3's JSON mapping writes and reads them."""

from collections.abc import Container
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from deploy.edge.contracts import Contracts, enum_of, message_of
from deploy.edge.openapi.comments import comments_of
from deploy.edge.openapi.rules import FIELD, MESSAGE, constraints, is_required

Schema = dict[str, Any]

BEHAVIOR = "google.api.field_behavior"
REQUIRED, OUTPUT_ONLY, INPUT_ONLY = 2, 3, 4
HTTP_BODY = "google.api.HttpBody"
REQUEST_ID = "request_id"
INT64 = {"type": "string", "format": "int64", "pattern": "^-?[0-9]+$"}
UINT64 = {"type": "string", "format": "uint64", "pattern": "^[0-9]+$"}

SCALARS: dict[int, Schema] = {
    FieldDescriptor.TYPE_STRING: {"type": "string"},
    FieldDescriptor.TYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.TYPE_INT32: {"type": "integer", "format": "int32"},
    FieldDescriptor.TYPE_UINT32: {"type": "integer", "format": "int64", "minimum": 0},
    FieldDescriptor.TYPE_INT64: INT64,
    FieldDescriptor.TYPE_UINT64: UINT64,
    FieldDescriptor.TYPE_DOUBLE: {"type": "number", "format": "double"},
    FieldDescriptor.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
}
WELL_KNOWN: dict[str, Schema] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Empty": {"type": "object", "maxProperties": 0},
    "google.protobuf.FieldMask": {
        "type": "string",
        "pattern": "^([a-z][A-Za-z0-9]*(\\.[a-z][A-Za-z0-9]*)*(,[a-z][A-Za-z0-9]*(\\.[a-z][A-Za-z0-9]*)*)*)?$",
        "examples": ["title,imageUrls"],
    },
}
MONEY: Schema = {
    "type": "object",
    "description": (
        "An amount: units + nanos / 1,000,000,000. EUR 12.90 is units 12 and nanos 900000000. Both have the same sign; "
        "fractions of a minor unit (a cent) are refused."
    ),
    "properties": {
        "currencyCode": {"type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217 code."},
        "units": {**INT64, "description": "Whole units of the currency, as text."},
        "nanos": {
            "type": "integer",
            "format": "int32",
            "minimum": -999_999_999,
            "maximum": 999_999_999,
            "description": "Billionths of a unit beyond the whole ones.",
        },
    },
    "required": ["currencyCode"],
    "examples": [{"currencyCode": "EUR", "units": "12", "nanos": 900_000_000}],
}


class Schemas:
    """Makes schemas, and collects the named ones that it was asked for."""

    def __init__(self, contracts: Contracts) -> None:
        self._contracts = contracts
        self.comments = comments_of(contracts.files)
        self.named: dict[str, Schema] = {}

    def reference(self, message: Descriptor) -> Schema:
        """A reference to a message's schema; Google's types are written out instead."""
        if message.full_name in WELL_KNOWN:
            return dict(WELL_KNOWN[message.full_name])
        if message.full_name == "google.type.Money":
            self.named["Money"] = MONEY
        elif not message.full_name.startswith("shopmesh."):
            raise ValueError(f"{message.full_name} has no schema yet")
        elif message.name not in self.named:
            self.named[message.name] = {}  # against endless recursion
            self.named[message.name] = self.of_message(message)
        return {"$ref": f"#/components/schemas/{message.name}"}

    def patch_reference(self, message: Descriptor) -> Schema:
        """A message of which an update may leave anything out."""
        name = f"{message.name}Update"
        schema = self.of_message(message)
        schema.pop("required", None)
        schema["description"] += " In an update, what the mask does not name may be left out."
        self.named[name] = schema
        return {"$ref": f"#/components/schemas/{name}"}

    def of_message(self, message: Descriptor, without: Container[str] = ()) -> Schema:
        """The schema itself, less the fields ``without`` (proto names)."""
        fields = [field for field in message.fields if field.name not in without]
        schema: Schema = {
            "type": "object",
            "description": " ".join([self.comments[message.full_name], *self._cel_messages(message)]),
            "properties": {field.json_name: self.of_field(field) for field in fields},
        }
        required = [field.json_name for field in fields if self.is_required(field)]
        return schema | ({"required": required} if required else {})

    def of_field(self, field: FieldDescriptor) -> Schema:
        """A field with its comment, behaviour and rules."""
        rules = constraints(self._contracts.option(field.GetOptions(), FIELD), field)
        schema = self._of_type(field)
        if field.is_repeated:
            items = {**schema, **rules.pop("items", {})}
            schema = {"type": "array", "items": items}
        words = rules.pop("x-constraint", "")
        described = self.comments[field.full_name] + (f" Constraint: {words}." if words else "")
        return {**schema, **rules, "description": described, **self._behavior(field)}

    def is_required(self, field: FieldDescriptor) -> bool:
        """Whether a request must carry it; a request id may come in its header instead."""
        if field.name == REQUEST_ID:
            return False
        rules = self._contracts.option(field.GetOptions(), FIELD)
        return REQUIRED in self._behaviors(field) or is_required(rules)

    def _behaviors(self, field: FieldDescriptor) -> list[int]:
        return list(self._contracts.option(field.GetOptions(), BEHAVIOR))

    def _behavior(self, field: FieldDescriptor) -> Schema:
        behaviors = self._behaviors(field)
        read = {"readOnly": True} if OUTPUT_ONLY in behaviors else {}
        write = {"writeOnly": True} if INPUT_ONLY in behaviors else {}
        return {**read, **write}

    def _of_type(self, field: FieldDescriptor) -> Schema:
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            return self.reference(message_of(field))
        if field.type == FieldDescriptor.TYPE_ENUM:
            return self._enum(enum_of(field))
        return dict(SCALARS[field.type])

    def _enum(self, enum: EnumDescriptor) -> Schema:
        lines = [f"- `{value.name}`: {self.comments[enum.full_name + '.' + value.name]}" for value in enum.values]
        self.named[enum.name] = {
            "type": "string",
            "description": "\n".join([self.comments[enum.full_name], "", *lines]),
            "enum": [value.name for value in enum.values],
        }
        return {"$ref": f"#/components/schemas/{enum.name}"}

    def _cel_messages(self, message: Descriptor) -> list[str]:
        rules = self._contracts.option(message.GetOptions(), MESSAGE)
        return [f"{rule.message}." for rule in rules.cel]
