"""Every public method, as the generated code has it."""

import importlib
from functools import cache
from pathlib import Path

from services.chassis.rules import Method, from_descriptor

GENERATED = Path(__file__).parents[2] / "gen"


@cache
def public_methods() -> dict[str, Method]:
    """By short name, such as "CartService.GetCart"."""
    files = sorted(GENERATED.glob("shopmesh/*/v1/*_service_pb2.py"))
    modules = [importlib.import_module(".".join(file.relative_to(GENERATED).with_suffix("").parts)) for file in files]
    services = [service for module in modules for service in module.DESCRIPTOR.services_by_name.values()]
    methods = {f"{service.name}.{each.name}": from_descriptor(each) for service in services for each in service.methods}
    return {name: method for name, method in methods.items() if method.access}
