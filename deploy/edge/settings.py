"""What the edge must be told about the place it runs in; everything else comes from the contracts."""

import tomllib
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

SERVICES = ("auth", "cart", "catalog", "notify", "order", "payment")
HIGHEST_PORT = 65535


def _is_address(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit() or int(port) > HIGHEST_PORT:
        raise ValueError("must be host:port")
    return value


Address = Annotated[str, AfterValidator(_is_address)]


class Strict(BaseModel):
    """Refuses what it does not know, by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Limit(Strict):
    """As many requests within so many seconds, from one client address; saved up while none come."""

    requests: int = Field(ge=1)
    seconds: int = Field(60, ge=1)


def _method_limits() -> dict[str, Limit]:
    """Guessing passwords and tokens is slow work here; Stripe's bursts come from few addresses."""
    guessing = Limit(requests=30)
    return {
        "shopmesh.auth.v1.AuthService/Register": guessing,
        "shopmesh.auth.v1.AuthService/LogIn": guessing,
        "shopmesh.auth.v1.AuthService/RefreshToken": guessing,
        "shopmesh.payment.v1.PaymentService/ReceiveStripeNotice": Limit(requests=60_000),
    }


class RateLimits(Strict):
    """Per client address and per replica of the edge. A method named in ``methods`` counts by itself."""

    default: Limit = Limit(requests=1200)
    methods: dict[str, Limit] = Field(default_factory=_method_limits)
    addresses: int = Field(10_000, ge=1, description="Client addresses remembered, the latest ones.")


class EdgeSettings(Strict):
    """One installation's edge."""

    listen: Address = Field("127.0.0.1:8080", description="Where REST, gRPC and gRPC-Web are served.")
    admin: Address = Field("127.0.0.1:8081", description="Where Envoy's own administration is served; keep it private.")
    metrics: Address | None = Field(
        None, description="Where Envoy's metrics, and nothing else of its administration, are served for Prometheus."
    )
    jwks_port: int = Field(
        8083, ge=1, le=HIGHEST_PORT, description="Port of 127.0.0.1 where Envoy reads the public keys from itself."
    )
    clusters: dict[str, Address] = Field(
        description="Address of each service's public gRPC port; names are resolved. One without a contract has no route."
    )
    directory: str = Field("", description="Where Envoy finds the rendered files; empty means where they are written.")
    issuer: str = Field("shopmesh", description="Issuer that access tokens must name (iss).")
    audience: str = Field("shopmesh", description="Audience that access tokens must name (aud).")
    jwks_seconds: int = Field(60, ge=1, description="Age at which the public keys are fetched again.")
    cors_origins: tuple[str, ...] = Field((), description="Origins of web pages that may call; exact, or * for any.")
    trusted_hops: int = Field(0, ge=0, description="Proxies in front whose X-Forwarded-For entry is believed.")
    otlp: Address | None = Field(
        None, description="OTLP/gRPC address that spans are sent to; without it none are made."
    )
    trace_percent: float = Field(100.0, ge=0, le=100, description="Traces begun here that are sampled.")
    request_bytes: int = Field(1_048_576, ge=1, description="Largest request body taken.")
    response_bytes: int = Field(8_388_608, ge=1, description="Largest response body given over REST.")
    stream_idle_seconds: int = Field(60, ge=1, description="Silence after which a stream is ended; above the pings.")
    stream_seconds: int = Field(3600, ge=1, description="Longest life of a stream.")
    calls_at_once: int = Field(2048, ge=1, description="Calls that wait for one service; more are refused at once.")
    streams_at_once: int = Field(8192, ge=1, description="Streams open to one service, counted apart from calls.")
    rate_limits: RateLimits = RateLimits()

    @model_validator(mode="after")
    def _knows_every_service(self) -> Self:
        if missing := set(SERVICES) - set(self.clusters):
            raise ValueError(f"clusters must name {', '.join(sorted(missing))} too")
        return self


def load(file: Path | None, given: dict[str, object]) -> EdgeSettings:
    """The settings of a TOML file, and over them what is ``given``; pydantic's ValidationError names what is wrong."""
    content = tomllib.loads(file.read_text()) if file else {}
    clusters = content.get("clusters", {}) | given.pop("clusters", {})
    return EdgeSettings.model_validate({**content, **given, "clusters": clusters})
