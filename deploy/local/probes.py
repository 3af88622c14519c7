"""What the doctor asks each server: reachable, new enough, allowed. An answer is one line of text."""

import secrets
import smtplib
from collections.abc import Callable
from urllib.parse import urlsplit

import grpc
import psycopg
import pymongo
import redis
import stripe as stripe_api
from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from pymongo.errors import PyMongoError

from deploy.local import addresses, environment
from deploy.local.installation import Installation

OLDEST_POSTGRES = 15
OLDEST_WIRE_VERSION = 9


class UnusableError(Exception):
    """The server can't be used as it is; the text says what to do."""


class DoubtfulError(Exception):
    """It works, but the owner should know something."""


def postgres(installation: Installation) -> str:
    try:
        with psycopg.connect(addresses.postgres(installation), connect_timeout=5) as connection:
            rights = "SELECT rolsuper OR (rolcreatedb AND rolcreaterole) FROM pg_roles WHERE rolname = current_user"
            allowed = connection.execute(rights).fetchone()
            version = connection.info.server_version // 10000
    except psycopg.Error as error:
        raise UnusableError(f"{str(error).strip()}: check POSTGRES_URL and the server's access rules") from error
    if version < OLDEST_POSTGRES:
        raise UnusableError(f"version {version} is too old: use PostgreSQL >= {OLDEST_POSTGRES}")
    if allowed != (True,):
        raise UnusableError("the role may not create databases and roles: `ALTER ROLE ... CREATEDB CREATEROLE`")
    return f"version {version}, may create databases and roles"


def kafka(installation: Installation) -> str:
    """Creates a topic, writes to it in a transaction, removes it."""
    settings: dict[str, str | int | float | bool] = {
        "bootstrap.servers": addresses.kafka(installation),
        "log_level": 0,
    }
    topic = f"{installation.prefix}doctor-{secrets.token_hex(4)}"
    admin = AdminClient(settings)
    try:
        brokers = len(admin.list_topics(timeout=5).brokers)
        admin.create_topics([NewTopic(topic, 1)])[topic].result(10)
        write_in_transaction(settings, topic)
        admin.delete_topics([topic])[topic].result(10)
    except KafkaException as error:
        raise UnusableError(f"{error}: check the address, and the rights to create topics and transactions") from error
    return f"{brokers} broker(s), topics and transactions work"


def write_in_transaction(settings: dict[str, str | int | float | bool], topic: str) -> None:
    producer = Producer(
        {**settings, "transactional.id": topic, "message.timeout.ms": 10000, "transaction.timeout.ms": 15000}
    )
    producer.init_transactions(15)
    producer.begin_transaction()
    producer.produce(topic, b"doctor")
    producer.commit_transaction(15)


def mongodb(installation: Installation) -> str:
    try:
        with pymongo.MongoClient[dict[str, int]](
            addresses.mongo(installation), serverSelectionTimeoutMS=5000
        ) as client:
            wire = client.admin.command("hello")["maxWireVersion"]
    except PyMongoError as error:
        raise UnusableError(f"{error}: check MONGODB_URI") from error
    if wire < OLDEST_WIRE_VERSION:
        raise UnusableError(f"wire version {wire} is too old: use MongoDB >= 4.4")
    return f"wire version {wire}"


def valkey_server(installation: Installation) -> str:
    try:
        with redis.Redis.from_url(addresses.valkey(installation), socket_timeout=5, decode_responses=True) as client:
            durable = client.info("persistence").get("aof_enabled")
    except redis.RedisError as error:
        raise UnusableError(f"{error}: check VALKEY_URL") from error
    if not durable:
        raise DoubtfulError("no append-only file, so a restart loses carts: `CONFIG SET appendonly yes`")
    return "answers, its append-only file is on"


def smtp(installation: Installation) -> str:
    url = urlsplit(addresses.smtp(installation))
    connect = smtplib.SMTP_SSL if url.scheme == "smtps" else smtplib.SMTP
    try:
        with connect(url.hostname or "localhost", url.port or 25, timeout=5) as client:
            client.ehlo_or_helo_if_needed()
    except (OSError, smtplib.SMTPException) as error:
        raise UnusableError(f"{error}: check SMTP_URL") from error
    return "takes mail"


def stripe(installation: Installation) -> str:
    """Asks for the balance, which every secret key may see and which changes nothing."""
    answers = environment.stripe(installation) | dict(installation.overrides)
    key, secret_texts = answers["STRIPE_API_KEY"], answers["STRIPE_WEBHOOK_SECRETS"]
    if not key.startswith(("sk_test_", "sk_live_", "rk_test_", "rk_live_")):
        raise UnusableError("STRIPE_API_KEY isn't a secret key: it begins with sk_test_ or sk_live_")
    if not all(each.startswith("whsec_") for each in secret_texts.split(",")):
        raise UnusableError("STRIPE_WEBHOOK_SECRETS: a signing secret begins with whsec_")
    if "STRIPE_API_BASE" in answers:
        return "the stand-in's keys"
    try:
        stripe_api.StripeClient(key).v1.balance.retrieve()
    except stripe_api.StripeError as error:
        raise UnusableError(f"{error.user_message or error}: check STRIPE_API_KEY") from error
    if "_live_" in key:
        raise DoubtfulError("this is a LIVE key: purchases charge real cards; a test key is meant here")
    return "a test key, accepted"


def otlp_collector(installation: Installation) -> str:
    url = urlsplit(addresses.otlp(installation))
    target = f"{url.hostname}:{url.port or 4317}"
    credentials = grpc.ssl_channel_credentials() if url.scheme == "https" else None
    with grpc.secure_channel(target, credentials) if credentials else grpc.insecure_channel(target) as channel:
        try:
            stub = trace_service_pb2_grpc.TraceServiceStub(channel)  # type: ignore[no-untyped-call] # generated
            stub.Export(trace_service_pb2.ExportTraceServiceRequest(), timeout=5)
        except grpc.RpcError as error:
            raise DoubtfulError(f"no OTLP/gRPC at {target}: check OTEL_EXPORTER_OTLP_ENDPOINT") from error
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
