"""HTTP filters of the edge, in the order in which a request passes them."""

from collections.abc import Sequence
from pathlib import Path

from deploy.edge.clusters import JWKS, jwks_host
from deploy.edge.contracts import Method
from deploy.edge.settings import EdgeSettings, Limit
from deploy.edge.typed import Config, extension, header, seconds, typed

TRANSCODER = "envoy.filters.http.grpc_json_transcoder"
RATE_LIMIT = "envoy.filters.http.local_ratelimit"
JWT = "envoy.filters.http.jwt_authn"
CORS = "envoy.filters.http.cors"

TOKEN_REQUIRED = "token-required"  # noqa: S105
TOKEN_OPTIONAL = "token-optional"  # noqa: S105
JWKS_PATH = "/.well-known/jwks.json"
HEALTH_PATH = "/healthz"

COMPRESSED = ("application/json", "text/html", "text/plain")
COMPRESSED_FROM_BYTES = 512
UNLIMITED = Limit(requests=1_000_000_000, seconds=1)


def public_filters(settings: EdgeSettings, methods: Sequence[Method], descriptors: str) -> list[Config]:
    """Filters of the public listener. Those after the transcoder see the method's own route, whatever the protocol."""
    return [
        response_headers(),
        _leaving(),
        extension(CORS, "filters.http.cors.v3.Cors"),
        _compressor("brotli", quality=4),
        _compressor("gzip", compression_level="COMPRESSION_LEVEL_4"),
        extension("envoy.filters.http.grpc_web", "filters.http.grpc_web.v3.GrpcWeb"),
        _response_script(),
        transcoder(settings, methods, descriptors),
        extension(RATE_LIMIT, "filters.http.local_ratelimit.v3.LocalRateLimit", **rate_limit(settings)),
        _tokens(settings),
        _buffer(settings),
        router(),
    ]


def transcoder(settings: EdgeSettings, methods: Sequence[Method], descriptors: str) -> Config:
    """REST to gRPC for the methods' services; what no method of them lists is refused here already."""
    return extension(
        TRANSCODER,
        "filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder",
        proto_descriptor=descriptors,
        services=sorted({method.service for method in methods}),
        convert_grpc_status=True,
        print_options={"always_print_primitive_fields": True, "stream_sse_style_delimited": True},
        url_unescape_spec="ALL_CHARACTERS_EXCEPT_RESERVED",
        request_validation_options={
            "reject_unknown_method": True,
            "reject_unknown_query_parameters": True,
            "reject_binding_body_field_collisions": True,
        },
        max_request_body_size=settings.request_bytes,
        max_response_body_size=settings.response_bytes,
    )


def rate_limit(settings: EdgeSettings, limit: Limit | None = None) -> Config:
    """A bucket for each client address (an IPv6 network of 64 bits counts as one)."""
    address = {"masked_remote_address": {"v4_prefix_mask_len": 32, "v6_prefix_mask_len": 64}}
    return {
        "stat_prefix": "edge",
        "token_bucket": _bucket(UNLIMITED),
        "always_consume_default_token_bucket": False,
        "rate_limits": [{"actions": [address]}],
        "descriptors": [
            {
                "entries": [{"key": "masked_remote_address"}],
                "token_bucket": _bucket(limit or settings.rate_limits.default),
            }
        ],
        "max_dynamic_descriptors": settings.rate_limits.addresses,
        "filter_enabled": _always("edge.rate_limit.enabled"),
        "filter_enforced": _always("edge.rate_limit.enforced"),
        "enable_x_ratelimit_headers": "DRAFT_VERSION_03",
        "enable_retry_after_header": True,
        "rate_limited_as_resource_exhausted": True,
    }


def cors_policy(settings: EdgeSettings) -> Config:
    """Which pages may call, with what, and which response headers they may read. No cookies are used."""
    return typed(
        "filters.http.cors.v3.CorsPolicy",
        allow_origin_string_match=[_origin(origin) for origin in settings.cors_origins],
        allow_methods="GET, POST, PUT, PATCH, DELETE, OPTIONS",
        allow_headers=(
            "authorization, content-type, idempotency-key, x-order-token, if-none-match, last-event-id, "
            "traceparent, tracestate, x-grpc-web, x-user-agent, grpc-timeout"
        ),
        expose_headers=(
            "etag, retry-after, x-trace-id, x-request-id, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset, "
            "grpc-status, grpc-message, grpc-status-details-bin"
        ),
        max_age="7200",
        allow_credentials=False,
    )


def response_headers() -> Config:
    """Headers of every response, also of those that Envoy makes itself."""
    mutations = [
        header("x-trace-id", "%TRACE_ID%"),
        header("vary", "origin", "APPEND_IF_EXISTS_OR_ADD"),
        header("x-content-type-options", "nosniff"),
        header("x-frame-options", "DENY"),
        header("referrer-policy", "no-referrer"),
        header("content-security-policy", "default-src 'none'; frame-ancestors 'none'", "ADD_IF_ABSENT"),
        header("cache-control", "no-store", "ADD_IF_ABSENT"),
    ]
    return extension(
        "envoy.filters.http.header_mutation",
        "filters.http.header_mutation.v3.HeaderMutation",
        mutations={"response_mutations": [{"append": mutation} for mutation in mutations]},
    )


def router() -> Config:
    return extension("envoy.filters.http.router", "filters.http.router.v3.Router", suppress_envoy_headers=True)


def _leaving() -> Config:
    """Asked for its health, an edge that was told to leave says 503; else the route answers."""
    asked = {"name": ":path", "string_match": {"exact": HEALTH_PATH}}
    return extension(
        "envoy.filters.http.health_check",
        "filters.http.health_check.v3.HealthCheck",
        pass_through_mode=True,
        headers=[asked],
    )


def _buffer(settings: EdgeSettings) -> Config:
    """A request reaches a service whole or not at all: gRPC's own length prefix is not to be believed
    (docs/adr/0001). Requests are never streams here, so nothing waits for it."""
    return extension(
        "envoy.filters.http.buffer", "filters.http.buffer.v3.Buffer", max_request_bytes=settings.request_bytes
    )


def _compressor(name: str, **options: object) -> Config:
    library = f"compression.{name}.compressor.v3.{name.capitalize()}"
    common = {
        "enabled": {"default_value": True, "runtime_key": f"edge.compression.{name}"},
        "min_content_length": COMPRESSED_FROM_BYTES,
        "content_type_matcher": [{"prefix": content_type} for content_type in COMPRESSED],
    }
    return extension(
        f"envoy.filters.http.compressor.{name}",
        "filters.http.compressor.v3.Compressor",
        response_direction_config={"common_config": common, "weaken_etag_on_compress": True},
        compressor_library=extension(f"envoy.compression.{name}.compressor", library, **options),
    )


def _response_script() -> Config:
    script = Path(__file__).with_name("responses.lua").read_text()
    source = {"inline_string": script}
    return extension("envoy.filters.http.lua", "filters.http.lua.v3.Lua", default_source_code=source)


def _tokens(settings: EdgeSettings) -> Config:
    """A method's route names which of the two requirements it has; a token that is sent must be good in both."""
    provider = {"provider_name": "shopmesh"}
    optional = {"requires_any": {"requirements": [provider, {"allow_missing": {}}]}}
    return extension(
        JWT,
        "filters.http.jwt_authn.v3.JwtAuthentication",
        providers={"shopmesh": _token_provider(settings)},
        requirement_map={TOKEN_REQUIRED: provider, TOKEN_OPTIONAL: optional},
        bypass_cors_preflight=True,
    )


def _token_provider(settings: EdgeSettings) -> Config:
    return {
        "issuer": settings.issuer,
        "audiences": [settings.audience],
        "require_expiration": True,
        "forward": True,
        "from_headers": [{"name": "authorization", "value_prefix": "Bearer "}],
        "jwt_cache_config": {"jwt_cache_size": 1000},
        "remote_jwks": {
            "http_uri": {"uri": f"http://{jwks_host(settings)}{JWKS_PATH}", "cluster": JWKS, "timeout": "2s"},
            "cache_duration": seconds(settings.jwks_seconds),
            "async_fetch": {"fast_listener": True, "failed_refetch_duration": "1s"},
        },
    }


def _bucket(limit: Limit) -> Config:
    return {
        "max_tokens": limit.requests,
        "tokens_per_fill": limit.requests,
        "fill_interval": seconds(limit.seconds),
    }


def _always(runtime_key: str) -> Config:
    return {"runtime_key": runtime_key, "default_value": {"numerator": 100, "denominator": "HUNDRED"}}


def _origin(origin: str) -> Config:
    return {"safe_regex": {"regex": ".*"}} if origin == "*" else {"exact": origin}
