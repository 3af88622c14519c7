"""Listeners (LDS): the public one, and a private one through which Envoy fetches the token keys from auth."""

from collections.abc import Sequence

from deploy.edge.clusters import ADMIN, COLLECTOR, jwks_address, jwks_host
from deploy.edge.contracts import Method
from deploy.edge.errors import local_replies
from deploy.edge.filters import JWKS_PATH, public_filters, router, transcoder
from deploy.edge.routes import method_route, public_routes
from deploy.edge.settings import EdgeSettings
from deploy.edge.typed import Config, extension, seconds, socket_address

PUBLIC = "public"
METRICS_PATH = "/stats/prometheus"
ACCESS_LOG = {
    "time": "%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%",
    "trace_id": "%TRACE_ID%",
    "request_id": "%REQ(X-REQUEST-ID)%",
    "verb": "%REQ(X-ENVOY-ORIGINAL-METHOD?:METHOD)%",
    "path": "%DYNAMIC_METADATA(shopmesh.edge:path)%",
    "method": "%ROUTE_NAME%",
    "protocol": "%PROTOCOL%",
    "status": "%RESPONSE_CODE%",
    "grpc_status": "%GRPC_STATUS%",
    "details": "%RESPONSE_CODE_DETAILS%",
    "flags": "%RESPONSE_FLAGS%",
    "duration_ms": "%DURATION%",
    "upstream": "%UPSTREAM_HOST%",
    "bytes_received": "%BYTES_RECEIVED%",
    "bytes_sent": "%BYTES_SENT%",
    "address": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
    "user_agent": "%REQ(USER-AGENT)%",
}
"""Paths are those that responses.lua lets be told: without queries, and without the ids of carts."""


def public_listener(
    settings: EdgeSettings, methods: Sequence[Method], documents: Sequence[Config], descriptors: str, version: str
) -> Config:
    """``version`` is a digest of the files that the listener names: another one makes Envoy read them again."""
    manager = {
        "stat_prefix": PUBLIC,
        "route_config": public_routes(settings, methods, documents),
        "http_filters": public_filters(settings, methods, descriptors),
        "local_reply_config": local_replies(),
        "access_log": [_access_log()],
        **_trust(settings),
        **_hygiene(),
        **_tracing(settings),
    }
    return {
        "name": PUBLIC,
        "address": socket_address(settings.listen),
        "metadata": {"filter_metadata": {"shopmesh.edge": {"files": version}}},
        "per_connection_buffer_limit_bytes": max(settings.request_bytes, settings.response_bytes),
        "filter_chains": [{"filters": [_connection_manager(manager)]}],
    }


def jwks_listener(settings: EdgeSettings, methods: Sequence[Method], descriptors: str) -> Config:
    """Reachable on loopback only: transcodes the one method that publishes the keys.

    By TCP: Envoy fetches them ahead on its main thread, which can't reach internal listeners. Two edges never share the
    port, and clients that hold all connections don't keep the keys away.
    """
    publishes = [method for method in methods if any(binding.path == JWKS_PATH for binding in method.bindings)]
    host = {
        "name": "jwks",
        "domains": [jwks_host(settings)],
        "routes": [_without_filters(method_route(settings, publishes[0]))],
    }
    manager = {
        "stat_prefix": "jwks",
        "route_config": {"name": "jwks", "virtual_hosts": [host]},
        "http_filters": [transcoder(settings, publishes, descriptors), router()],
    }
    return {
        "name": "jwks",
        "address": jwks_address(settings),
        "enable_reuse_port": False,
        "ignore_global_conn_limit": True,
        "filter_chains": [{"filters": [_connection_manager(manager)]}],
    }


def metrics_listener(address: str) -> Config:
    """One path of the administration, to be read only: Prometheus comes from elsewhere, the administration stays here."""
    reads = {"name": ":method", "string_match": {"exact": "GET"}}
    route = {
        "name": "metrics",
        "match": {"path": METRICS_PATH, "headers": [reads]},
        "route": {"cluster": ADMIN, "timeout": "5s"},
    }
    manager = {
        "stat_prefix": "metrics",
        "route_config": {
            "name": "metrics",
            "virtual_hosts": [{"name": "metrics", "domains": ["*"], "routes": [route]}],
        },
        "http_filters": [router()],
        "normalize_path": True,
        "request_headers_timeout": "5s",
        "common_http_protocol_options": {"idle_timeout": "300s"},
    }
    return {
        "name": "metrics",
        "address": socket_address(address),
        "filter_chains": [{"filters": [_connection_manager(manager)]}],
    }


def _without_filters(route: Config) -> Config:
    return {key: value for key, value in route.items() if key != "typed_per_filter_config"}


def _connection_manager(fields: Config) -> Config:
    return extension(
        "envoy.filters.network.http_connection_manager",
        "filters.network.http_connection_manager.v3.HttpConnectionManager",
        **fields,
    )


def _trust(settings: EdgeSettings) -> Config:
    """Nobody outside is believed: headers that Envoy sets for the services are taken from every request first."""
    spoofable = [{"remove_on_match": {"key_matcher": {"prefix": "x-envoy-"}}}]
    mutation = extension(
        "envoy.http.early_header_mutation.header_mutation",
        "http.early_header_mutation.header_mutation.v3.HeaderMutation",
        mutations=spoofable,
    )
    return {
        "use_remote_address": True,
        "xff_num_trusted_hops": settings.trusted_hops,
        "internal_address_config": {},
        "early_header_mutation_extensions": [mutation],
        "forward_client_cert_details": "SANITIZE",
        "generate_request_id": True,
        "always_set_request_id_in_response": True,
    }


def _hygiene() -> Config:
    """Paths in one form, bounds on what a connection may hold up; a service's deadline bounds the answer."""
    return {
        "normalize_path": True,
        "merge_slashes": True,
        "path_with_escaped_slashes_action": "REJECT_REQUEST",
        "server_name": "shopmesh",
        "strip_any_host_port": True,
        "request_headers_timeout": "10s",
        "request_timeout": "30s",
        "stream_idle_timeout": "60s",
        "common_http_protocol_options": {
            "idle_timeout": "300s",
            "headers_with_underscores_action": "DROP_HEADER",
        },
        "http2_protocol_options": {"max_concurrent_streams": 128, "initial_stream_window_size": 65536},
    }


def _access_log() -> Config:
    return extension(
        "envoy.access_loggers.stdout",
        "access_loggers.stream.v3.StdoutAccessLog",
        log_format={"json_format": ACCESS_LOG},
    )


def _tracing(settings: EdgeSettings) -> Config:
    """A trace that comes with the request keeps its decision; those begun here are sampled by ratio."""
    if not settings.otlp:
        return {}
    ratio = extension(
        "envoy.tracers.opentelemetry.samplers.trace_id_ratio_based",
        "tracers.opentelemetry.samplers.v3.TraceIdRatioBasedSamplerConfig",
        sampling_percentage={"numerator": round(settings.trace_percent * 10_000), "denominator": "MILLION"},
    )
    sampler = extension(
        "envoy.tracers.opentelemetry.samplers.parent_based",
        "tracers.opentelemetry.samplers.v3.ParentBasedSamplerConfig",
        wrapped_sampler=ratio,
    )
    tracer = {
        "@type": "type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig",
        "grpc_service": {"envoy_grpc": {"cluster_name": COLLECTOR}, "timeout": seconds(1)},
        "service_name": "edge",
        "sampler": sampler,
    }
    provider = {"name": "envoy.tracers.opentelemetry", "typed_config": tracer}
    return {
        "tracing": {
            "provider": provider,
            "spawn_upstream_span": True,
            "max_path_tag_length": 0,  # http.url would tell the path as it came
            "custom_tags": [{"tag": "url.path", "metadata": _path_metadata()}],
        }
    }


def _path_metadata() -> Config:
    """The path that may be told, as responses.lua left it."""
    return {"kind": {"request": {}}, "metadata_key": {"key": "shopmesh.edge", "path": [{"key": "path"}]}}
