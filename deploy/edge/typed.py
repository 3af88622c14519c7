"""Envoy's typed configurations as plain dictionaries: field names are those of Envoy's API, version 3."""

from typing import Any

Config = dict[str, Any]

EXTENSIONS = "type.googleapis.com/envoy.extensions"


def typed(message: str, **fields: Any) -> Config:
    """A message below ``envoy.extensions`` with its type's name, as Envoy wants its extensions."""
    return {"@type": f"{EXTENSIONS}.{message}", **fields}


def extension(name: str, message: str, **fields: Any) -> Config:
    """A named extension with its configuration."""
    return {"name": name, "typed_config": typed(message, **fields)}


def socket_address(address: str) -> Config:
    """A ``host:port`` text as Envoy's address."""
    host, _, port = address.rpartition(":")
    return {"socket_address": {"address": host.strip("[]"), "port_value": int(port)}}


def seconds(value: float) -> str:
    """A duration in protobuf's JSON form."""
    return f"{value:g}s"


def header(name: str, value: str, action: str = "OVERWRITE_IF_EXISTS_OR_ADD") -> Config:
    """A header to set, or with action ADD_IF_ABSENT to set where nobody did."""
    return {"header": {"key": name, "value": value}, "append_action": action}
