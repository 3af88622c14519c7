"""What the chart knows of the services without being told: who calls whom, and which settings each one takes."""

import yaml
from pydantic_settings import BaseSettings

from deploy.edge.contracts import Contracts, build_descriptor_set
from deploy.edge.settings import RateLimits
from deploy.local.environment import PREFIX, known_names
from deploy.local.installation import SERVICES
from services.chassis.settings import ChassisSettings, KafkaSettings, PostgresSettings

HEAD = "# Written by `python -m deploy.helm.generate` from the {source}: don't edit it by hand.\n"
OF_STORES: dict[str, type[BaseSettings]] = {"postgres": PostgresSettings, "kafka": KafkaSettings}
"""Settings that any service with such a store takes."""
OF_ONE = {
    "mongodb": ("order", "SHOPMESH_MONGODB_"),
    "valkey": ("cart", "SHOPMESH_VALKEY_"),
    "smtp": ("notify", "SHOPMESH_SMTP_"),
    "stripe": ("payment", "STRIPE_"),
}
"""Servers that one service here speaks to, and how its variables for them begin: another one's are called the same."""


def callers() -> str:
    """For each service whether the edge calls it, and the services that call its internal port."""
    methods = Contracts(build_descriptor_set()).methods
    content = {}
    for name in SERVICES:
        own = [method for method in methods if method.owner == name]
        calling = sorted({caller for method in own for caller in method.callers})
        content[name] = {"public": any(method.public for method in own), "callers": calling}
    return HEAD.format(source="contracts") + yaml.safe_dump(content, sort_keys=True)


def settings() -> str:
    """The names of variables by service, which refuses others that begin like ours; and which of all are secret."""
    stores = {store: _names(kind) for store, kind in OF_STORES.items()}
    for store, (service, beginning) in OF_ONE.items():
        stores[store] = sorted(name for name in known_names(service) if name.startswith(beginning))
    content = {
        "everybody": _names(ChassisSettings),
        "secrets": sorted(set().union(*(known_names(name, secret=True) for name in SERVICES))),
        "stores": stores,
        "services": {name: sorted(known_names(name)) for name in SERVICES},
    }
    return HEAD.format(source="services' settings") + yaml.safe_dump(content, sort_keys=True)


def limits() -> str:
    """The edge's own limits of single methods, which values go over."""
    content = {method: limit.model_dump() for method, limit in RateLimits().methods.items()}
    return HEAD.format(source="edge's settings") + yaml.safe_dump(content, sort_keys=True)


def _names(kind: type[BaseSettings]) -> list[str]:
    return sorted(PREFIX + field.upper() for field in kind.model_fields)
