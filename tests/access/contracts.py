"""Every method, as the generated code has it."""

import importlib
from functools import cache
from pathlib import Path

from services.chassis.rules import Method, from_descriptor

GENERATED = Path(__file__).parents[2] / "gen"


@cache
def methods() -> dict[str, Method]:
    """By short name, such as "CartService.GetCart"."""
    files = sorted(GENERATED.glob("shopmesh/*/v1/*_service_pb2.py"))
    modules = [importlib.import_module(".".join(file.relative_to(GENERATED).with_suffix("").parts)) for file in files]
    services = [service for module in modules for service in module.DESCRIPTOR.services_by_name.values()]
    return {f"{service.name}.{each.name}": from_descriptor(each) for service in services for each in service.methods}


def public_methods() -> dict[str, Method]:
    """Those that people call, through the edge."""
    return {name: method for name, method in methods().items() if method.access}


def internal_methods() -> dict[str, Method]:
    """Those that services call of each other."""
    return {name: method for name, method in methods().items() if not method.access}
