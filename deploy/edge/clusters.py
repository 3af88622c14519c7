"""Clusters (CDS): where the services are. The only part that differs between a laptop and Kubernetes."""

import re
from ipaddress import ip_address

from deploy.edge.settings import EdgeSettings
from deploy.edge.typed import Config, socket_address, typed

ADMIN = "edge-admin"
COLLECTOR = "otlp-collector"
JWKS = "edge-jwks"
OUTLIERS: Config = {
    "split_external_local_origin_errors": True,
    "consecutive_local_origin_failure": 3,
    "enforcing_consecutive_local_origin_failure": 100,
    "enforcing_consecutive_5xx": 0,
    "enforcing_consecutive_gateway_failure": 0,
    "enforcing_success_rate": 0,
    "enforcing_local_origin_success_rate": 0,
    "interval": "1s",
    "base_ejection_time": "5s",
    "max_ejection_time": "30s",
    "max_ejection_percent": 50,
    "successful_active_health_check_uneject_host": False,
}
"""Only what the edge itself sees counts: no connection, a reset, no answer in time. What a service answers does not, as a
dependency that is away makes every replica answer UNAVAILABLE, and none of them is at fault. A replica that says it is
ready and hangs in its answers stays out all the same."""

HEALTH_CHECK: Config = {
    "grpc_health_check": {"service_name": ""},
    "timeout": "1s",
    "interval": "1s",
    "no_traffic_interval": "1s",
    "unhealthy_threshold": 3,
    "healthy_threshold": 1,
}
"""Readiness, as each service says it. NOT_SERVING counts at once, silence at the third time."""

READY_ONES: Config = {
    "health_checks": [HEALTH_CHECK],
    "ignore_health_on_host_removal": True,
    "common_lb_config": {"healthy_panic_threshold": {"value": 1}, "update_merge_window": "0s"},
}
"""Calls go to the replicas that are ready; where none is, to all. An address that DNS no longer has is left at once: its
next owner may be another service, which would be as healthy (docs/adr/0011)."""


def clusters(settings: EdgeSettings) -> list[Config]:
    """One for each service's public port, one to reach ourselves for the keys, one each for spans and metrics if wanted."""
    services = [_service(settings, name, address) for name, address in sorted(settings.clusters.items())]
    collector = [_grpc_cluster(COLLECTOR, settings.otlp)] if settings.otlp else []
    admin = [_admin_cluster(settings)] if settings.metrics else []
    return [*services, _jwks_cluster(settings), *collector, *admin]


def _service(settings: EdgeSettings, name: str, address: str) -> Config:
    """With a limit on what waits for it, without replicas that are not ready or do not answer (docs/adr/0008, 0011)."""
    return {
        **_grpc_cluster(name, address),
        **READY_ONES,
        "circuit_breakers": _breakers(settings),
        "outlier_detection": OUTLIERS,
    }


def _breakers(settings: EdgeSettings) -> Config:
    """Streams are counted by themselves (their routes have the priority HIGH): watchers never take calls' places."""
    shared = {"max_pending_requests": 1024, "max_retries": 16}
    calls = {"priority": "DEFAULT", "max_requests": settings.calls_at_once, **shared}
    streams = {"priority": "HIGH", "max_requests": settings.streams_at_once, **shared}
    return {"thresholds": [calls, streams]}


def _grpc_cluster(name: str, address: str) -> Config:
    return {
        "name": name,
        "connect_timeout": "1s",
        "lb_policy": "ROUND_ROBIN",
        **_discovery(name, address),
        "typed_extension_protocol_options": _http2(),
    }


def _discovery(name: str, address: str) -> Config:
    """Names are resolved again and again, all their addresses used: headless services in Kubernetes."""
    if _is_ip(address):
        return {"type": "STATIC", **_endpoints(name, socket_address(address))}
    return {
        "type": "STRICT_DNS",
        "dns_refresh_rate": "5s",
        "respect_dns_ttl": True,
        **_endpoints(name, socket_address(address)),
    }


def _is_ip(address: str) -> bool:
    try:
        ip_address(address.rpartition(":")[0].strip("[]"))
    except ValueError:
        return False
    return True


def _http2() -> Config:
    """HTTP/2 without TLS, pinging so that a peer that vanished is noticed."""
    keepalive = {"interval": "30s", "timeout": "5s"}
    options = {"explicit_http_config": {"http2_protocol_options": {"connection_keepalive": keepalive}}}
    name = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    return {name: typed("upstreams.http.v3.HttpProtocolOptions", **options)}


def jwks_address(settings: EdgeSettings) -> Config:
    """Where this Envoy reads the keys from itself. On loopback, as nobody else needs to ask there."""
    return socket_address(f"127.0.0.1:{settings.jwks_port}")


def jwks_host(settings: EdgeSettings) -> str:
    """The name it asks for there: should another edge have the port, its answer must not be taken for our own."""
    return f"{re.sub('[^0-9a-z]+', '-', settings.listen.lower()).strip('-')}.{JWKS}"


def _jwks_cluster(settings: EdgeSettings) -> Config:
    return {"name": JWKS, "connect_timeout": "1s", "type": "STATIC", **_endpoints(JWKS, jwks_address(settings))}


def _admin_cluster(settings: EdgeSettings) -> Config:
    endpoints = _endpoints(ADMIN, socket_address(settings.admin))
    return {"name": ADMIN, "connect_timeout": "1s", "type": "STATIC", **endpoints}


def _endpoints(name: str, address: Config) -> Config:
    endpoint = {"endpoint": {"address": address}}
    return {"load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]}}
