"""What protovalidate's rules say, as JSON Schema. A rule that is not translated stops the generation: the document
must never promise less or more than the service checks."""

from collections.abc import Callable
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from deploy.edge.contracts import enum_of

Schema = dict[str, Any]

FIELD = "buf.validate.field"
MESSAGE = "buf.validate.message"
IGNORE_ALWAYS = 3
NUMBERS = {"int32", "uint32", "int64", "uint64"}
IN_TEXT = {"int64", "uint64"}
"""JSON carries these as strings, whose size JSON Schema cannot bound: their rules are told in words."""

BOUNDS = {"gte": "minimum", "lte": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
IN_WORDS = {"gte": "at least {}", "lte": "at most {}", "gt": "more than {}", "lt": "less than {}"}
STRINGS = {"min_len": "minLength", "max_len": "maxLength", "pattern": "pattern"}
FORMATS = {"email": "email", "uri": "uri", "uuid": "uuid"}


class UnknownRuleError(ValueError):
    """A rule that this module does not know yet."""


def constraints(rules: Any, field: FieldDescriptor) -> Schema:
    """JSON Schema keywords for the rules of one field."""
    schema: Schema = {}
    for descriptor, value in rules.ListFields():
        if descriptor.name not in ("required", "ignore", "cel"):
            schema |= _of_type(descriptor.name, value, field)
    return schema


def is_required(rules: Any) -> bool:
    return bool(rules.required) and rules.ignore != IGNORE_ALWAYS


def _of_type(kind: str, rules: Any, field: FieldDescriptor) -> Schema:
    translate = _TRANSLATIONS.get(kind)
    if translate is None:
        raise UnknownRuleError(f"{field.full_name}: rules of type {kind}")
    return translate(kind, rules, field)


def _string(_: str, rules: Any, field: FieldDescriptor) -> Schema:
    schema: Schema = {}
    for descriptor, value in rules.ListFields():
        if descriptor.name in STRINGS:
            schema[STRINGS[descriptor.name]] = value
        elif descriptor.name in FORMATS:
            schema["format"] = FORMATS[descriptor.name]
        else:
            raise UnknownRuleError(f"{field.full_name}: string.{descriptor.name}")
    return schema


def _number(kind: str, rules: Any, field: FieldDescriptor) -> Schema:
    words, schema = [], {}
    for descriptor, value in rules.ListFields():
        if descriptor.name in BOUNDS:
            words.append(IN_WORDS[descriptor.name].format(value))
            schema[BOUNDS[descriptor.name]] = value
        elif descriptor.name == "not_in":
            words.append("not " + ", ".join(map(str, value)))
            schema["not"] = {"enum": list(value)}
        else:
            raise UnknownRuleError(f"{field.full_name}: {kind}.{descriptor.name}")
    return {"x-constraint": ", ".join(words)} if kind in IN_TEXT else schema


def _repeated(_: str, rules: Any, field: FieldDescriptor) -> Schema:
    names = {"min_items": "minItems", "max_items": "maxItems", "unique": "uniqueItems"}
    schema: Schema = {}
    for descriptor, value in rules.ListFields():
        if descriptor.name == "items":
            schema["items"] = constraints(value, field)
        elif descriptor.name in names:
            schema[names[descriptor.name]] = value
        else:
            raise UnknownRuleError(f"{field.full_name}: repeated.{descriptor.name}")
    return schema


def _enum(_: str, rules: Any, field: FieldDescriptor) -> Schema:
    schema: Schema = {}
    for descriptor, value in rules.ListFields():
        if descriptor.name == "not_in":
            schema["not"] = {"enum": [enum_of(field).values_by_number[number].name for number in value]}
        elif descriptor.name != "defined_only":
            raise UnknownRuleError(f"{field.full_name}: enum.{descriptor.name}")
    return schema


_TRANSLATIONS: dict[str, Callable[[str, Any, FieldDescriptor], Schema]] = {
    "string": _string,
    "repeated": _repeated,
    "enum": _enum,
    **dict.fromkeys(NUMBERS, _number),
}
