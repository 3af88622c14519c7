"""The shape of requests, as the contracts state it. Source: protovalidate."""

import protovalidate
from google.protobuf.message import Message

from services.chassis.errors import FieldViolation, InvalidArgument

_validator = protovalidate.Validator()


def validate(request: Message) -> None:
    """Raises InvalidArgument that names every wrong field; changes nothing."""
    violations = _validator.collect_violations(request)
    if violations:
        fields = [FieldViolation(_path(v), v.proto.message) for v in violations]
        named = ", ".join(sorted({f.field for f in fields if f.field})) or "the request"
        raise InvalidArgument(f"wrong: {named}", fields=fields)


def _path(violation: protovalidate.Violation) -> str:
    """The path of a field, such as ``product.variants[0].sku``; empty where the whole message is meant."""
    field = violation.proto.field
    path = ""
    for element in field.elements if field is not None else ():
        path += ("." if path else "") + element.field_name
        subscript = element.subscript
        if subscript is not None:
            path += f"[{subscript.value}]"
    return path
