"""The OpenAPI 3.1 document as a whole."""

from typing import Any

from deploy.edge.contracts import Contracts, Method
from deploy.edge.openapi.operations import openapi_path, operation
from deploy.edge.openapi.responses import ERROR_DETAIL, STATUS, shared_components
from deploy.edge.openapi.schemas import Schemas

VERSION = "v1"


def document(contracts: Contracts, guide: str) -> dict[str, Any]:
    """The document; ``guide`` is Markdown that says what the single operations cannot."""
    schemas = Schemas(contracts)
    methods = contracts.public_methods
    paths = _paths(methods, schemas)
    named = {**schemas.named, "Status": STATUS, "ErrorDetail": ERROR_DETAIL}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Shopmesh API",
            "version": VERSION,
            "description": guide,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "The shop that this document came from."}],
        "tags": _tags(methods, schemas),
        "paths": paths,
        "components": {"schemas": dict(sorted(named.items())), **shared_components()},
    }


def _paths(methods: list[Method], schemas: Schemas) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for method in methods:
        for binding in method.bindings:
            operations = paths.setdefault(openapi_path(binding.path), {})
            operations[binding.verb.lower()] = operation(method, binding, schemas)
    return paths


def _tags(methods: list[Method], schemas: Schemas) -> list[dict[str, str]]:
    services = dict.fromkeys(method.service for method in methods)
    return [
        {
            "name": service.rpartition(".")[2],
            "description": "\n\n".join([schemas.comments[service], *_grpc_only(service, methods, schemas)]),
        }
        for service in services
    ]


def _grpc_only(service: str, methods: list[Method], schemas: Schemas) -> list[str]:
    return [
        f"Over gRPC and gRPC-Web only, `{method.name}`: {schemas.comments[method.descriptor.full_name]}"
        for method in methods
        if method.service == service and not method.bindings
    ]
