"""Comments of the protos by the full name of what they describe."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto

MESSAGES, ENUMS, SERVICES = 4, 5, 6
"""Field numbers of FileDescriptorProto, which locations are paths of."""
FIELDS, NESTED, NESTED_ENUMS, ONEOFS = 2, 3, 4, 8
"""Field numbers of DescriptorProto."""
MEMBERS = 2
"""Field number of an enum's values, and of a service's methods."""

Path = tuple[int, ...]


def comments_of(files: Iterable[FileDescriptorProto]) -> dict[str, str]:
    """As in ``{"shopmesh.cart.v1.Cart.etag": "Version of ..."}``, each as one paragraph."""
    return {name: text for file in files for name, text in _of_file(file)}


def _of_file(file: FileDescriptorProto) -> Iterator[tuple[str, str]]:
    texts = {tuple(place.path): place.leading_comments for place in file.source_code_info.location}
    for name, path in _places(file):
        text = " ".join(texts.get(path, "").split())
        if text:
            yield name, text


def _places(file: FileDescriptorProto) -> Iterator[tuple[str, Path]]:
    yield from _messages(file.package, (), MESSAGES, file.message_type)
    yield from _with_members(file.package, (ENUMS,), file.enum_type, "value")
    yield from _with_members(file.package, (SERVICES,), file.service, "method")


def _messages(scope: str, path: Path, number: int, messages: Sequence[DescriptorProto]) -> Iterator[tuple[str, Path]]:
    for index, message in enumerate(messages):
        name, here = f"{scope}.{message.name}", (*path, number, index)
        yield name, here
        yield from _named(name, (*here, FIELDS), message.field)
        yield from _named(name, (*here, ONEOFS), message.oneof_decl)
        yield from _with_members(name, (*here, NESTED_ENUMS), message.enum_type, "value")
        yield from _messages(name, here, NESTED, message.nested_type)


def _with_members(scope: str, path: Path, things: Sequence[Any], members: str) -> Iterator[tuple[str, Path]]:
    for index, thing in enumerate(things):
        name, here = f"{scope}.{thing.name}", (*path, index)
        yield name, here
        yield from _named(name, (*here, MEMBERS), getattr(thing, members))


def _named(scope: str, path: Path, things: Sequence[Any]) -> Iterator[tuple[str, Path]]:
    for index, thing in enumerate(things):
        yield f"{scope}.{thing.name}", (*path, index)
