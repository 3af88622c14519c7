"""What the doctor asks each server: reachable, new enough, allowed. An answer is one line of text."""

import asyncio
from collections.abc import Callable

import grpc
import psycopg
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

from deploy.local import addresses, environment
from deploy.local.installation import Installation
from services.cart.adapters import doctor as cart_doctor
from services.chassis import look_kafka
from services.chassis.doctor import Doubtful, Unusable
from services.chassis.look_postgres import OLDEST
from services.chassis.settings import ChassisSettings, KafkaSettings
from services.notify.adapters import doctor as notify_doctor
from services.order.adapters import doctor as order_doctor
from services.order.settings import Settings as OrderSettings
from services.payment.adapters import doctor as payment_doctor


def postgres(installation: Installation) -> str:
    try:
        with psycopg.connect(addresses.postgres(installation), connect_timeout=5) as connection:
            rights = "SELECT rolsuper OR (rolcreatedb AND rolcreaterole) FROM pg_roles WHERE rolname = current_user"
            allowed = connection.execute(rights).fetchone()
            version = connection.info.server_version // 10000
    except psycopg.Error as error:
        raise Unusable(f"{str(error).strip()}: check POSTGRES_URL and the server's access rules") from error
    if version < OLDEST:
        raise Unusable(f"version {version} is too old: use PostgreSQL >= {OLDEST}")
    if allowed != (True,):
        raise Unusable("the role may not create databases and roles: `ALTER ROLE ... CREATEDB CREATEROLE`")
    return f"version {version}, may create databases and roles"


class KafkaGiven(KafkaSettings, ChassisSettings):
    """What the services are told of Kafka."""


ANYTHING = look_kafka.Use(made=("doctor",), groups=("doctor",), transactional_id="doctor")
"""What every service does: each command ``doctor`` of a service asks for its own names."""


def kafka(installation: Installation) -> str:
    """As the services use it, under their prefix and by their settings."""
    given = environment.service_environment("order", installation)
    own = {name: given[key] for name in KafkaGiven.model_fields if (key := environment.PREFIX + name.upper()) in given}
    settings = KafkaGiven.model_validate(own)
    return look_kafka.kafka(settings, settings.prefix, ANYTHING)


def mongodb(installation: Installation) -> str:
    given = OrderSettings.model_fields["mongodb_database"].default
    database = installation.overrides.get("SHOPMESH_MONGODB_DATABASE", given)
    return asyncio.run(order_doctor.mongodb(addresses.mongo(installation), database))


def valkey_server(installation: Installation) -> str:
    return asyncio.run(cart_doctor.valkey(addresses.valkey(installation)))


def smtp(installation: Installation) -> str:
    return asyncio.run(notify_doctor.smtp(addresses.smtp(installation)))


def stripe(installation: Installation) -> str:
    answers = environment.stripe(installation) | dict(installation.overrides)
    secret_texts = tuple(answers["STRIPE_WEBHOOK_SECRETS"].split(","))
    key, public = answers["STRIPE_API_KEY"], answers["STRIPE_PUBLISHABLE_KEY"]
    found = asyncio.run(payment_doctor.stripe(key, public, secret_texts, answers.get("STRIPE_API_BASE", "")))
    if "_live_" in key:
        raise Doubtful(f"{found}: a test key is meant here")
    return found


def otlp_collector(installation: Installation) -> str:
    secure, target = addresses.otlp(installation).startswith("https:"), addresses.otlp_collector(installation)
    credentials = grpc.ssl_channel_credentials() if secure else None
    with grpc.secure_channel(target, credentials) if credentials else grpc.insecure_channel(target) as channel:
        try:
            stub = trace_service_pb2_grpc.TraceServiceStub(channel)  # type: ignore[no-untyped-call] # generated
            stub.Export(trace_service_pb2.ExportTraceServiceRequest(), timeout=5)
        except grpc.RpcError as error:
            raise Doubtful(f"no OTLP/gRPC at {target}: check OTEL_EXPORTER_OTLP_ENDPOINT") from error
    if secure:
        raise Doubtful("takes the services' spans; the edge knows no TLS here, so its own will be missing")
    return "takes spans"


PROBES: dict[str, Callable[[Installation], str]] = {
    "postgres": postgres,
    "kafka": kafka,
    "mongo": mongodb,
    "valkey": valkey_server,
    "mail": smtp,
    "stripe": stripe,
    "otlp": otlp_collector,
}
