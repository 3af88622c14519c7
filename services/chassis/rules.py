"""The rules of each method, read from its options: access, callers, deduplication, deadline."""

from dataclasses import dataclass

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions
from google.protobuf.message import Message
from shopmesh.options.v1 import options_pb2 as options

Access = options.Access
Deduplication = options.Deduplication


@dataclass(frozen=True, slots=True)
class Method:
    """A method and what its contract says of it; ``deadline`` is in seconds, 0 for streams without one."""

    path: str
    access: frozenset[Access]
    callers: frozenset[str]
    deduplication: Deduplication
    deadline: float
    request: type[Message]
    response: type[Message]
    streams: bool
    safe_to_retry: bool

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def service(self) -> str:
        return self.path.rpartition("/")[0][1:]


def method(path: str) -> Method:
    """The method of a gRPC path such as ``/shopmesh.cart.v1.CartService/GetCart``; KeyError where it is unknown."""
    service, _, name = path.lstrip("/").partition("/")
    return from_descriptor(descriptor_pool.Default().FindServiceByName(service).methods_by_name[name])


def from_descriptor(descriptor: MethodDescriptor) -> Method:
    """The method of a descriptor; ValueError where its contract states no access and no callers."""
    given: options.MethodRules = descriptor.GetOptions().Extensions[options.rules]  # type: ignore[index]
    if not given.access and not given.callers:
        raise ValueError(f"{descriptor.full_name} states neither access nor callers")
    return Method(
        path=f"/{descriptor.containing_service.full_name}/{descriptor.name}",
        access=frozenset(given.access),
        callers=frozenset(given.callers),
        deduplication=given.deduplication,
        deadline=given.deadline_ms / 1000,
        request=message_factory.GetMessageClass(descriptor.input_type),
        response=message_factory.GetMessageClass(descriptor.output_type),
        streams=descriptor.server_streaming,
        safe_to_retry=descriptor.GetOptions().idempotency_level != MethodOptions.IDEMPOTENCY_UNKNOWN,
    )
