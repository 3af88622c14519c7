"""``values.yaml`` as a tree: each key with its default, the sentence above it, and what its ``@`` lines say."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

_COMMENT = re.compile(r"^\s*# ?(.*)$")
_TAG = re.compile(r"^@(\w+)(?:: *(.*))?$")


class Untold(ValueError):
    """A key has no sentence above it."""


@dataclass(frozen=True)
class Value:
    """One key. ``inner`` is empty where its default is no mapping, or one whose keys are the owner's."""

    path: str
    default: Any
    text: str
    tags: dict[str, str] = field(default_factory=dict)
    inner: tuple["Value", ...] = ()

    @property
    def key(self) -> str:
        return self.path.rpartition(".")[2]

    @property
    def open(self) -> bool:
        """Whether the keys below are the owner's."""
        return bool({"map", "any", "resources", "services"} & self.tags.keys())

    def leaves(self) -> Iterator["Value"]:
        """The keys that are set, this one or those below it."""
        if not self.inner:
            yield self
        for value in self.inner:
            yield from value.leaves()


def read(text: str) -> tuple[Value, ...]:
    """The tree of a file of values."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(root, yaml.MappingNode)
    return _read(root, yaml.safe_load(text), "", text.splitlines())


def _read(node: yaml.MappingNode, content: dict[str, Any], above: str, lines: list[str]) -> tuple[Value, ...]:
    return tuple(_value(key, value, content[key.value], above, lines) for key, value in node.value)


def _value(key: yaml.ScalarNode, node: yaml.Node, default: Any, above: str, lines: list[str]) -> Value:
    path = f"{above}.{key.value}" if above else key.value
    sentences, tags = _said(lines, key.start_mark.line)
    value = Value(path, default, " ".join(sentences), tags)
    if not isinstance(node, yaml.MappingNode) or value.open or not node.value:
        return value
    return Value(path, default, value.text, tags, _read(node, default, path, lines))


def _said(lines: list[str], number: int) -> tuple[list[str], dict[str, str]]:
    """The sentences and tags of the comment right above a line."""
    sentences: list[str] = []
    tags: dict[str, str] = {}
    while number and (comment := _COMMENT.match(lines[number - 1])):
        number -= 1
        tag = _TAG.match(comment[1])
        if tag:
            tags[tag[1]] = tag[2] or ""
        else:
            sentences.insert(0, comment[1])
    return sentences, tags
