"""Routes of the edge: one for each public method, made from its contract, and nothing else."""

from collections.abc import Sequence

from deploy.edge.contracts import Method
from deploy.edge.filters import (
    CORS,
    HEALTH_PATH,
    JWT,
    RATE_LIMIT,
    TOKEN_OPTIONAL,
    TOKEN_REQUIRED,
    TRANSCODER,
    cors_policy,
    rate_limit,
)
from deploy.edge.settings import EdgeSettings
from deploy.edge.typed import Config, extension, header, seconds, typed

MARGIN_MS = 500
"""What the edge waits beyond a method's deadline, so that the service's own answer comes first."""

LARGEST_DOCUMENT = 4_194_304
DOCUMENT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)


def public_routes(settings: EdgeSettings, methods: Sequence[Method], documents: Sequence[Config]) -> Config:
    """The documents, the public methods, then default deny."""
    return {
        "name": "public",
        "max_direct_response_body_size_bytes": LARGEST_DOCUMENT,
        "validate_clusters": False,
        "virtual_hosts": [
            {
                "name": "public",
                "domains": ["*"],
                "retry_policy": _retries(),
                "typed_per_filter_config": {CORS: cors_policy(settings)},
                "routes": [*documents, *(method_route(settings, method) for method in methods), _refusal()],
            }
        ],
    }


def method_route(settings: EdgeSettings, method: Method) -> Config:
    """One method by its gRPC path: REST has become gRPC before it is routed, so the path serves every protocol."""
    per_filter: Config = {JWT: _token_requirement(method)}
    limit = settings.rate_limits.methods.get(method.full_name)
    if limit:
        per_filter[RATE_LIMIT] = typed("filters.http.local_ratelimit.v3.LocalRateLimit", **rate_limit(settings, limit))
    return {
        "name": method.full_name,
        "match": {"path": method.path},
        "route": {"cluster": method.owner, **_timeouts(settings, method)},
        "typed_per_filter_config": per_filter,
    }


def document_route(path: str, file: str, content_type: str, etag: str) -> Config:
    """A file that Envoy answers itself, from memory."""
    headers = [
        header("content-type", content_type),
        header("etag", f'"{etag}"'),
        header("cache-control", "public, max-age=60"),
        header("content-security-policy", DOCUMENT_POLICY),
    ]
    return {
        "name": path,
        "match": {"path": path},
        "direct_response": {"status": 200, "body": {"filename": file}},
        "response_headers_to_add": headers,
        "typed_per_filter_config": _answered_here(),
    }


def health_route() -> Config:
    """Says that the edge itself serves; the services have their own health. Asked of an edge that leaves, the filter
    before it answers instead."""
    return {
        "name": HEALTH_PATH,
        "match": {"path": HEALTH_PATH},
        "direct_response": {"status": 200, "body": {"inline_string": '{"status":"SERVING"}'}},
        "response_headers_to_add": [header("content-type", "application/json")],
        "typed_per_filter_config": _answered_here(),
    }


def _refusal() -> Config:
    """Default deny, by a cluster that does not exist: a direct response would be shorter, but CORS needs a real route
    to find its policy on, and every REST request arrives here before it is transcoded."""
    nowhere = {"cluster": "nowhere", "cluster_not_found_response_code": "NOT_FOUND"}
    return {"name": "refused", "match": {"prefix": "/"}, "route": nowhere}


def _answered_here() -> Config:
    """Without the transcoder, which knows methods only, and without a limit on what costs nothing."""
    disabled = {"@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": True}
    return {TRANSCODER: disabled, RATE_LIMIT: disabled}


def _token_requirement(method: Method) -> Config:
    requirement = TOKEN_REQUIRED if method.needs_token else TOKEN_OPTIONAL
    return typed("filters.http.jwt_authn.v3.PerRouteConfig", requirement_name=requirement)


def _timeouts(settings: EdgeSettings, method: Method) -> Config:
    """How long a call may take; a stream has no deadline, but an end."""
    if method.deadline_ms:
        return {"timeout": seconds((method.deadline_ms + MARGIN_MS) / 1000)}
    return {
        "timeout": "0s",
        "priority": "HIGH",  # a count of their own in the cluster's limits
        "idle_timeout": seconds(settings.stream_idle_seconds),
        "max_stream_duration": {"max_stream_duration": seconds(settings.stream_seconds)},
    }


def _retries() -> Config:
    """Only what never reached a service is sent again; all else is for callers, who know their request id."""
    return {
        "retry_on": "connect-failure,refused-stream",
        "num_retries": 2,
        "retry_back_off": {"base_interval": "0.05s", "max_interval": "0.5s"},
        "retry_host_predicate": [_another_replica()],
        "host_selection_retry_max_attempts": 3,
    }


def _another_replica() -> Config:
    """One that is going took no connection; it is not asked for the same call again while there is another."""
    name = "envoy.retry_host_predicates.previous_hosts"
    return extension(name, "retry.host.previous_hosts.v3.PreviousHostsPredicate")
