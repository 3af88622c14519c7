"""Settings from the environment: ``SHOPMESH_*`` for our own, listed aliases for vendors' names. Unknown own names are refused."""

import os
import sys
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, AliasChoices, Field, SecretStr, ValidationError, computed_field
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.chassis.money import is_currency

PREFIX = "SHOPMESH_"
TOPIC_PREFIX = r"^[A-Za-z0-9._-]*$"
"""What a prefix of topics consists of, from its beginning to its end."""


def _currency(code: str) -> str:
    if not is_currency(code):
        raise ValueError(f"{code!r} is not an ISO 4217 code")
    return code


class ChassisSettings(BaseSettings):
    """What every service needs."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", populate_by_name=True)

    public_listen: str = Field(
        "127.0.0.1:0", description="Where public gRPC methods are served, host:port; port 0 takes a free one."
    )
    internal_listen: str = Field(
        "127.0.0.1:0", description="Where methods for other services are served by mutual TLS, host:port."
    )
    metrics_listen: str = Field("127.0.0.1:0", description="Where Prometheus reads metrics by HTTP, host:port.")
    tls_ca_file: str = Field("", description="PEM file of the authority that signs the services' certificates.")
    tls_cert_file: str = Field(
        "", description="PEM file of this service's certificate; its name is the service's name."
    )
    tls_key_file: str = Field("", description="PEM file of this service's private key.")
    catalog_target: str = Field(
        "127.0.0.1:8502", description="Address of catalog's internal port; dns:/// names are balanced."
    )
    cart_target: str = Field("127.0.0.1:8512", description="Address of cart's internal port.")
    order_target: str = Field("127.0.0.1:8522", description="Address of order's internal port.")
    payment_target: str = Field("127.0.0.1:8532", description="Address of payment's internal port.")
    auth_target: str = Field("127.0.0.1:8542", description="Address of auth's internal port.")
    notify_target: str = Field("127.0.0.1:8552", description="Address of notify's internal port.")
    prefix: str = Field(
        "",
        pattern=TOPIC_PREFIX,
        description="Prefix of topics, consumer groups and transactional ids, so that installations can share a broker.",
    )
    currency: Annotated[str, AfterValidator(_currency)] = Field("EUR", description="The shop's currency, ISO 4217.")
    token_issuer: str = Field("shopmesh", description="Issuer of access tokens (iss).")
    token_audience: str = Field("shopmesh", description="Audience of access tokens (aud).")
    log_level: str = Field(
        "INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Least severe level that is logged."
    )
    trace_ratio: float = Field(
        1.0,
        ge=0,
        le=1,
        description="Part of the traces that begin here which are sampled; those that arrive keep their decision.",
    )
    otlp_endpoint: str = Field(
        "",
        validation_alias=AliasChoices("otlp_endpoint", "SHOPMESH_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
        description="OTLP/gRPC address that spans are sent to; empty sends none.",
    )
    otlp_metrics_endpoint: str = Field(
        "",
        validation_alias=AliasChoices(
            "otlp_metrics_endpoint", "SHOPMESH_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"
        ),
        description="OTLP/gRPC address that metrics are sent to; empty sends none.",
    )
    drain_delay_seconds: float = Field(
        0.0, ge=0, description="Wait between readiness off and draining, for the load balancer to notice."
    )
    drain_seconds: float = Field(8.0, ge=0, description="Longest wait for calls in flight at a stop.")
    connection_age_seconds: int = Field(
        600, ge=1, description="Age at which a gRPC connection is replaced, so that calls spread over new replicas."
    )


class PostgresSettings(BaseSettings):
    """For services whose truth is in PostgreSQL."""

    database_url: SecretStr = Field(
        SecretStr(""), description="PostgreSQL address, postgresql://user:password@host:port/name?sslmode=..."
    )
    database_pool_size: int = Field(8, ge=2, description="Most connections of one process.")
    database_pgbouncer: bool = Field(
        False, description="Do without prepared statements, as a PgBouncer in transaction mode needs."
    )


class KafkaSettings(BaseSettings):
    """For services that publish or consume events."""

    kafka_bootstrap_servers: str = Field("127.0.0.1:8092", description="Kafka addresses, host:port, comma-separated.")
    kafka_security_protocol: str = Field(
        "PLAINTEXT", pattern="^(PLAINTEXT|SSL|SASL_PLAINTEXT|SASL_SSL)$", description="How Kafka is spoken to."
    )
    kafka_sasl_mechanism: str = Field("", description="SASL mechanism, such as SCRAM-SHA-512; empty without SASL.")
    kafka_sasl_username: str = Field("", description="SASL user name.")
    kafka_sasl_password: SecretStr = Field(SecretStr(""), description="SASL password.")
    kafka_ca_file: str = Field(
        "", description="PEM file of the authority that signed the brokers' certificates; empty means the system's."
    )
    kafka_replication_factor: int = Field(1, ge=1, description="Replicas of a topic that migrate creates.")

    @computed_field(repr=False)  # type: ignore[prop-decorator]
    @property
    def kafka_client(self) -> dict[str, Any]:
        """The settings as librdkafka's configuration."""
        config: dict[str, Any] = {
            "bootstrap.servers": self.kafka_bootstrap_servers,
            "security.protocol": self.kafka_security_protocol,
            # A broker that is back is not waited for; one that is away is not asked twenty times a second.
            "reconnect.backoff.ms": 500,
            "reconnect.backoff.max.ms": 1000,
        }
        if self.kafka_sasl_mechanism:
            config |= {
                "sasl.mechanism": self.kafka_sasl_mechanism,
                "sasl.username": self.kafka_sasl_username,
                "sasl.password": self.kafka_sasl_password.get_secret_value(),
            }
        if self.kafka_ca_file:
            config["ssl.ca.location"] = self.kafka_ca_file
        return config


S = TypeVar("S", bound=ChassisSettings)


def unknown_names(settings: type[BaseSettings], environment: Mapping[str, str]) -> list[str]:
    """Names in the environment that begin like ours and mean nothing to this service."""
    known = {PREFIX + name.upper() for name in settings.model_fields}
    return sorted(name for name in environment if name.upper().startswith(PREFIX) and name.upper() not in known)


def load(settings: type[S]) -> S:
    """The settings of this process; ends it with a clear message where one is unknown or wrong."""
    unknown = unknown_names(settings, os.environ)
    if unknown:
        sys.exit("unknown settings: " + ", ".join(unknown))
    try:
        return settings()
    except ValidationError as error:
        lines = [f"{PREFIX}{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors()]
        sys.exit("wrong settings:\n  " + "\n  ".join(lines))
