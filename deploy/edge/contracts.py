"""The contracts as the edge and the documentation read them: a descriptor set with its options.

The descriptors are read into a pool of their own, so nothing generated needs to exist yet: this also runs
while ``buf generate`` is making it.
"""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor import (
    Descriptor,
    EnumDescriptor,
    FieldDescriptor,
    MethodDescriptor,
    ServiceDescriptor,
)
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message

ROOT = Path(__file__).parents[2]
OWN = "shopmesh."
RULES = "shopmesh.options.v1.rules"
HTTP = "google.api.http"
VERBS = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True)
class Binding:
    """One REST address of a method; ``body`` is ``*``, a field's name or empty."""

    verb: str
    path: str
    body: str


@dataclass(frozen=True)
class Method:
    """One method and its rules, with the options' names instead of their numbers."""

    service: str
    name: str
    access: tuple[str, ...]
    callers: tuple[str, ...]
    deduplication: str
    deadline_ms: int
    idempotency: str
    streams: bool
    bindings: tuple[Binding, ...]
    descriptor: MethodDescriptor

    @property
    def public(self) -> bool:
        return bool(self.access)

    @property
    def full_name(self) -> str:
        """As in ``shopmesh.cart.v1.CartService/GetCart``."""
        return f"{self.service}/{self.name}"

    @property
    def path(self) -> str:
        """Its path in gRPC."""
        return f"/{self.full_name}"

    @property
    def owner(self) -> str:
        """The process that serves it, such as ``cart``: the second part of its package."""
        return self.service.split(".")[1]

    @property
    def needs_token(self) -> bool:
        """Whether every caller must log in; a guest proves an owned resource by other means."""
        return not {"PUBLIC", "OWNER"} & set(self.access)


class Contracts:
    """Everything that a descriptor set says; ValueError where its bytes are none."""

    def __init__(self, descriptor_set: bytes) -> None:
        self._files = list(FileDescriptorSet.FromString(descriptor_set).file)
        self.pool = DescriptorPool()
        for file in self._files:
            self.pool.Add(file)

    @property
    def files(self) -> Iterator[FileDescriptorProto]:
        """Our own files, with their comments where the set has them."""
        return (file for file in self._files if file.package.startswith(OWN))

    @cached_property
    def methods(self) -> list[Method]:
        """Every method of ours, public and internal, in the order of the files."""
        return [self._method(descriptor) for service in self._services() for descriptor in service.methods]

    @property
    def public_methods(self) -> list[Method]:
        return [method for method in self.methods if method.public]

    def option(self, options: Message, name: str) -> Any:
        """An extension of a descriptor's options, read by our own pool; a repeated or unset one is empty."""
        extension = self.pool.FindExtensionByName(name)
        given: Any = self._message_class(options.DESCRIPTOR.full_name).FromString(options.SerializeToString())
        return given.Extensions[extension]

    def _message_class(self, name: str) -> type[Message]:
        return message_factory.GetMessageClass(self.pool.FindMessageTypeByName(name))

    def _services(self) -> Iterator[ServiceDescriptor]:
        for file in self.files:
            for service in file.service:
                yield self.pool.FindServiceByName(f"{file.package}.{service.name}")

    def _method(self, descriptor: MethodDescriptor) -> Method:
        options = descriptor.GetOptions()
        rules = self.option(options, RULES)
        return Method(
            service=descriptor.containing_service.full_name,
            name=descriptor.name,
            access=tuple(_short_name(rules, "access", number) for number in rules.access),
            callers=tuple(rules.callers),
            deduplication=_short_name(rules, "deduplication", rules.deduplication),
            deadline_ms=rules.deadline_ms,
            idempotency=_enum_name(options, "idempotency_level", options.idempotency_level),
            streams=descriptor.server_streaming,
            bindings=tuple(_bindings(self.option(options, HTTP))),
            descriptor=descriptor,
        )


def build_descriptor_set(*, comments: bool = False, directory: Path = ROOT) -> bytes:
    """The descriptor set of the protos in ``directory``, compiled by the buf beside this Python."""
    buf = Path(sys.executable).with_name("buf")
    command = [str(buf), "build", "-o", "-", *([] if comments else ["--exclude-source-info"])]
    return subprocess.run(command, cwd=directory, check=True, stdout=subprocess.PIPE).stdout


def message_of(field: FieldDescriptor) -> Descriptor:
    """The message type of a field that has one."""
    assert field.message_type is not None
    return field.message_type


def enum_of(field: FieldDescriptor) -> EnumDescriptor:
    """The enum of a field that has one."""
    assert field.enum_type is not None
    return field.enum_type


def _bindings(rule: Any) -> Iterator[Binding]:
    verb = rule.WhichOneof("pattern")
    if verb in VERBS:
        yield Binding(verb.upper(), getattr(rule, verb), rule.body)
    for additional in rule.additional_bindings:
        yield from _bindings(additional)


def _enum_name(message: Message, field: str, number: int) -> str:
    enum = message.DESCRIPTOR.fields_by_name[field].enum_type
    assert enum is not None
    return enum.values_by_number[number].name


def _short_name(message: Message, field: str, number: int) -> str:
    """An enum value without its enum's prefix: ``OWNER``, not ``ACCESS_OWNER``."""
    return _enum_name(message, field, number).removeprefix(f"{field.upper()}_")
