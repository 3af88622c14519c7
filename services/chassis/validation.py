"""The shape of requests, as the contracts state it. Source: protovalidate."""

from collections.abc import Iterator

import protovalidate
from google.protobuf.message import Message

from services.chassis.errors import FieldViolation, InvalidArgument

_validator = protovalidate.Validator()


def validate(request: Message) -> None:
    """Raises InvalidArgument that names every wrong field; changes nothing."""
    fields = [FieldViolation(_path(v), v.proto.message) for v in _validator.collect_violations(request)]
    if b"\0" in request.SerializeToString():  # cheap, and true of nearly no request
        # PostgreSQL stores none in a text, and no person writes one.
        fields += [FieldViolation(path, "holds a NUL character") for path, text in _texts(request) if "\0" in text]
    if fields:
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


def _texts(message: Message, above: str = "") -> Iterator[tuple[str, str]]:
    """All texts of a message by their paths."""
    for field, value in message.ListFields():
        path = above + field.name
        if field.is_repeated:
            for index, each in enumerate(value):
                yield from _texts_of(each, f"{path}[{index}]")
        else:
            yield from _texts_of(value, path)


def _texts_of(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Message):
        yield from _texts(value, f"{path}.")
    elif isinstance(value, str):
        yield path, value
