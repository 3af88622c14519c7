"""Writes ``docs/methods.md`` from the contracts, ``docs/order-states.md`` from the saga's table and ``docs/alerts.md``
from the chart's alert rules.

With ``--check`` writes nothing, names the pages that are out of date, and fails where one is.
"""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions
from shopmesh.options.v1 import options_pb2 as options

from docs import alerts, order_states
from services.chassis import rules

PAGE = Path(__file__).parent / "methods.md"
STATES = Path(__file__).parent / "order-states.md"
ALERTS = Path(__file__).parent / "alerts.md"
SERVICES = ("catalog", "cart", "order", "payment", "auth", "notify")
RESOURCES = {"payment": ("invoice",)}
"""What else than its own name a service's contracts are named after."""


def main() -> None:
    pages = {PAGE: methods(), STATES: order_states.page(), ALERTS: alerts.page()}
    if "--check" in sys.argv[1:]:
        stale = [page.name for page, text in pages.items() if page.read_text() != text]
        sys.exit("\n".join(f"{name} is out of date: run make gen" for name in stale) or 0)
    for page, text in pages.items():
        page.write_text(text)


def methods() -> str:
    """One table per service: who may call a method, what a repeat does, how long it may take."""
    parts = [METHODS_HEAD]
    for service in SERVICES:
        for resource in (service, *RESOURCES.get(service, ())):
            for kind in ("Service", "InternalService"):
                parts += _table(service, resource, kind)
    return "\n".join(parts) + "\n"


def _table(service: str, resource: str, kind: str) -> Iterator[str]:
    module = f"shopmesh.{service}.v1.{resource}_{'internal_' if kind == 'InternalService' else ''}service_pb2"
    try:
        importlib.import_module(module)
    except ModuleNotFoundError:
        return
    found = descriptor_pool.Default().FindServiceByName(f"shopmesh.{service}.v1.{resource.capitalize()}{kind}")
    yield f"\n## {found.name}\n"
    yield "| method | REST | who | repeat | deadline |\n|---|---|---|---|---|"
    for method in found.methods:
        yield _row(method)


def _row(descriptor: MethodDescriptor) -> str:
    method = rules.from_descriptor(descriptor)
    access = [options.Access.Name(a).removeprefix("ACCESS_").lower() for a in sorted(method.access)]
    who = ", ".join(access or sorted(method.callers))
    repeat = options.Deduplication.Name(method.deduplication).removeprefix("DEDUPLICATION_")
    changes = descriptor.GetOptions().idempotency_level != MethodOptions.NO_SIDE_EFFECTS
    deadline = f"{method.deadline:g} s" if method.deadline else "the stream's"
    said = repeat if changes else "changes nothing"
    return f"| {method.name} | {', '.join(_paths(descriptor)) or 'none'} | {who} | {said} | {deadline} |"


def _paths(descriptor: MethodDescriptor) -> Iterator[str]:
    from google.api import annotations_pb2

    rule = descriptor.GetOptions().Extensions[annotations_pb2.http]
    for each in [rule, *rule.additional_bindings]:
        verb = each.WhichOneof("pattern")
        if verb:
            yield f"`{verb.upper()} {getattr(each, verb)}`"


METHODS_HEAD = """\
# Methods

Generated from the contracts by `make gen`. *Who*: the callers that a public method admits (any one suffices), or the
services that an internal one admits. *Repeat*: REQUEST_ID answers what the first call with the same `request_id`
answered, for 24 hours; NATURAL_KEY finds its effect done; NONE is a new call. *Deadline*: the longest that the method
takes; a call that it makes in turn never gets more than what is left of it."""

if __name__ == "__main__":
    main()
