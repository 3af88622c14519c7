"""The golden file: what callers of the contracts rely on beyond the wire format, which buf does not see."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from deploy.edge.contracts import Contracts, Method

Golden = dict[str, dict[str, Any]]

FILE = Path("tests/contract/golden/methods.json")
TYPE_NAMES = {
    number: name.removeprefix("TYPE_").lower()
    for name, number in vars(FieldDescriptor).items()
    if name.startswith("TYPE_")
}


def golden(contracts: Contracts) -> Golden:
    """``methods`` with their addresses and rules, ``messages`` with their JSON names and types."""
    messages = sorted(_messages(contracts), key=lambda message: message.full_name)
    return {
        "methods": {method.full_name: _method(method) for method in contracts.methods},
        "messages": {message.full_name: _fields(message) for message in messages},
    }


def text_of(content: Golden) -> str:
    """As it is committed."""
    return json.dumps(content, indent=1) + "\n"


def breaks(old: Golden, new: Golden) -> list[str]:
    """What callers of ``old`` would miss in ``new``: additions are none."""
    return [*_method_breaks(old["methods"], new["methods"]), *_message_breaks(old["messages"], new["messages"])]


def _method(method: Method) -> dict[str, Any]:
    return {
        "addresses": [f"{binding.verb} {binding.path} {binding.body}".strip() for binding in method.bindings],
        "access": list(method.access),
        "callers": list(method.callers),
        "deduplication": method.deduplication,
        "idempotency": method.idempotency,
        "deadlineMs": method.deadline_ms,
        "request": method.descriptor.input_type.full_name,
        "response": ("stream " if method.streams else "") + method.descriptor.output_type.full_name,
    }


def _messages(contracts: Contracts) -> Iterator[Descriptor]:
    for file in contracts.files:
        for message in file.message_type:
            yield from _with_nested(contracts.pool.FindMessageTypeByName(f"{file.package}.{message.name}"))


def _with_nested(message: Descriptor) -> Iterator[Descriptor]:
    yield message
    for nested in message.nested_types:
        yield from _with_nested(nested)


def _fields(message: Descriptor) -> dict[str, str]:
    return {field.json_name: _type_of(field) for field in message.fields}


def _type_of(field: FieldDescriptor) -> str:
    named = field.message_type or field.enum_type
    return ("repeated " if field.is_repeated else "") + (named.full_name if named else TYPE_NAMES[field.type])


def _method_breaks(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for name, before in old.items():
        after = new.get(name)
        if after is None:
            yield f"{name} is gone"
            continue
        for address in set(before["addresses"]) - set(after["addresses"]):
            yield f"{name} is no longer at {address}"
        for kind in ("access", "callers"):
            for lost in set(before[kind]) - set(after[kind]):
                yield f"{name} no longer admits {lost}"
        for rule in ("deduplication", "request", "response"):
            if before[rule] != after[rule]:
                yield f"{name}: {rule} was {before[rule]}, is {after[rule]}"


def _message_breaks(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for message, fields in old.items():
        for name, before in fields.items():
            after = new.get(message, {}).get(name, "nothing")
            if before != after:
                yield f"{message}.{name} was {before}, is {after}"
