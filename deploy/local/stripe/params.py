"""Stripe's form encoding (`a[b][0][c]=x`) and the check of a request's parameters against a shape.

Each shape's `read(value, param)` turns decoded text into the typed value, or raises the error that Stripe gives.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from .errors import invalid

_KEY = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
_PART = re.compile(r"\[([^\[\]]*)\]")


def words(text: str) -> tuple[str, ...]:
    """The names in a text, divided by blanks: a long list of them reads better so."""
    return tuple(text.split())


class Shape(Protocol):
    """Anything that can check and convert one decoded parameter."""

    def read(self, value: object, param: str) -> Any:
        """Return the typed value; raise `ApiError` naming `param` otherwise."""


def decode(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Nest form pairs into dictionaries; lists stay dictionaries with numeric keys until a shape reads them."""
    root: dict[str, Any] = {}
    for key, value in pairs:
        _place(root, _path(key), value)
    return root


def _path(key: str) -> list[str]:
    found = _KEY.match(key)
    if not found:
        raise invalid(f"Received unknown parameter: {key}", key, "parameter_unknown")
    return [found.group(1), *_PART.findall(found.group(2))]


def _place(root: dict[str, Any], path: list[str], value: str) -> None:
    node = root
    for name in path[:-1]:
        child = node.setdefault(name or str(len(node)), {})
        if not isinstance(child, dict):
            raise invalid("Invalid object", path[0])
        node = child
    node[path[-1] or str(len(node))] = value


@dataclass(frozen=True)
class Text:
    """A non-empty string, at most `longest` characters, one of `choices` where they are given."""

    longest: int = 5000
    choices: tuple[str, ...] = ()

    def read(self, value: object, param: str) -> str:
        """Return the string."""
        if not isinstance(value, str):
            raise invalid(f"Invalid string: {value}", param)
        if value == "":
            message = f"You passed an empty string for '{param}'. We assume empty values are an attempt to unset it."
            raise invalid(message, param, "parameter_invalid_empty")
        if len(value) > self.longest:
            raise invalid(f"Invalid string: {value[:20]}...; must be at most {self.longest} characters", param)
        if self.choices and value not in self.choices:
            raise invalid(f"Invalid {param}: must be one of {', '.join(self.choices)}", param)
        return value


@dataclass(frozen=True)
class Url:
    """An absolute http or https address; a deep link of an app isn't taken."""

    def read(self, value: object, param: str) -> str:
        """Return the address as given (it may hold `{CHECKOUT_SESSION_ID}`)."""
        address = Text().read(value, param)
        if not re.match(r"https?://[^/\s]+", address):
            raise invalid("Not a valid URL", param, "url_invalid")
        return address


@dataclass(frozen=True)
class Integer:
    """A whole number within bounds."""

    least: int | None = None
    most: int | None = None

    def read(self, value: object, param: str) -> int:
        """Return the number."""
        if not isinstance(value, str) or not re.fullmatch(r"-?\d{1,18}", value):
            raise invalid(f"Invalid integer: {value}", param, "parameter_invalid_integer")
        number = int(value)
        if self.least is not None and number < self.least:
            message = f"This value must be greater than or equal to {self.least}."
            raise invalid(message, param, "parameter_invalid_integer")
        if self.most is not None and number > self.most:
            message = f"This value must be less than or equal to {self.most}."
            raise invalid(message, param, "parameter_invalid_integer")
        return number


@dataclass(frozen=True)
class Boolean:
    """`true` or `false`."""

    def read(self, value: object, param: str) -> bool:
        """Return the truth value."""
        if value not in ("true", "false"):
            raise invalid(f"Invalid boolean: {value}", param)
        return value == "true"


@dataclass(frozen=True)
class Many:
    """A list of `item`, at most `most` long."""

    item: Shape
    most: int = 100

    def read(self, value: object, param: str) -> list[Any]:
        """Return the list in the order of the indexes given."""
        if not isinstance(value, dict) or not all(key.isdigit() for key in value):
            raise invalid("Invalid array", param)
        if len(value) > self.most:
            raise invalid(f"Array {param} exceeded maximum {self.most} allowed elements.", param)
        ordered = sorted(value, key=int)
        return [self.item.read(value[key], f"{param}[{key}]") for key in ordered]


@dataclass(frozen=True)
class Fields:
    """An object with known fields; `required` ones must be there, unknown ones are refused."""

    fields: Mapping[str, Shape]
    required: tuple[str, ...] = ()

    def read(self, value: object, param: str) -> dict[str, Any]:
        """Return the fields that were given, typed."""
        if not isinstance(value, dict):
            raise invalid("Invalid object", param)
        for name in value:
            if name not in self.fields:
                raise invalid(
                    f"Received unknown parameter: {_inside(param, name)}", _inside(param, name), "parameter_unknown"
                )
        for name in self.required:
            if name not in value:
                raise invalid(
                    f"Missing required param: {_inside(param, name)}.", _inside(param, name), "parameter_missing"
                )
        return {name: self.fields[name].read(given, _inside(param, name)) for name, given in value.items()}


def _inside(param: str, name: str) -> str:
    return f"{param}[{name}]" if param else name


@dataclass(frozen=True)
class Metadata:
    """Up to 50 pairs; keys up to 40 characters without square brackets, values up to 500."""

    def read(self, value: object, param: str) -> dict[str, str]:
        """Return the pairs; an empty value leaves its key out, as Stripe does."""
        if value == "":
            return {}
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            raise invalid("Invalid object", param)
        if len(value) > 50:
            raise invalid(f"You can only have up to 50 metadata keys, but you passed in {len(value)}.", param)
        for key, text in value.items():
            self._check(key, text, param)
        return {key: text for key, text in value.items() if text != ""}

    @staticmethod
    def _check(key: str, text: str, param: str) -> None:
        if len(key) > 40:
            raise invalid(
                f"Metadata keys can have up to 40 characters, but you passed in a key that is {len(key)} "
                f"characters. Invalid key: {key}",
                param,
            )
        if len(text) > 500:
            raise invalid(
                f"Metadata values can have up to 500 characters, but you passed in a value that is "
                f"{len(text)} characters. Invalid value: {text}",
                param,
            )


@dataclass(frozen=True)
class Range:
    """A time filter: one timestamp, or bounds `gt`, `gte`, `lt`, `lte`."""

    bounds: Fields = field(default_factory=lambda: Fields({op: Integer() for op in ("gt", "gte", "lt", "lte")}))

    def read(self, value: object, param: str) -> dict[str, int]:
        """Return the bounds by operator; a plain timestamp becomes `{"eq": timestamp}`."""
        if isinstance(value, str):
            return {"eq": Integer().read(value, param)}
        return self.bounds.read(value, param)


EXPAND = Many(Text())
LISTING: dict[str, Shape] = {
    "created": Range(),
    "limit": Integer(least=1, most=100),
    "starting_after": Text(),
    "ending_before": Text(),
}
