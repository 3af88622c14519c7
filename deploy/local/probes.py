"""What the doctor asks each server: reachable, new enough, allowed. An answer is one line of text."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Any

import aiosmtplib
import grpc
import psycopg
import pymongo
import redis
import stripe as stripe_api
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from pymongo.errors import OperationFailure, PyMongoError, ServerSelectionTimeoutError
from pymongo.uri_parser import parse_uri

from deploy.local import addresses, environment
from deploy.local.installation import Installation
from services.cart.adapters.valkey import OLDEST as OLDEST_REDIS
from services.chassis.settings import ChassisSettings, KafkaSettings
from services.notify.adapters.smtp import server_of
from services.order.settings import Settings as OrderSettings

OLDEST_POSTGRES = 15


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


class KafkaGiven(KafkaSettings, ChassisSettings):
    """What the services are told of Kafka."""


def kafka(installation: Installation) -> str:
    """Does what the services do, under their prefix and by their settings; leaves nothing behind."""
    given = environment.service_environment("order", installation)
    own = {name: given[key] for name in KafkaGiven.model_fields if (key := environment.PREFIX + name.upper()) in given}
    settings = KafkaGiven.model_validate(own)
    said: list[KafkaError] = []
    client = settings.kafka_client | {"log_level": 0, "error_cb": said.append}
    admin = AdminClient(client)
    try:
        return use_kafka(admin, client, f"{settings.prefix}doctor-{secrets.token_hex(4)}", settings)
    except KafkaException as error:
        admin.poll(0)  # why a connection failed is told to the callback alone
        (first, *_) = (*said, error.args[0])
        why = first.str() if isinstance(first, KafkaError) else str(first)
        under = f" that begin with {settings.prefix}" if settings.prefix else ""
        rights = f"it takes rights on topics, groups and transactional ids{under}"
        advice = "check SHOPMESH_KAFKA_*" if said else rights
        raise UnusableError(f"{why.rstrip('.')}: {advice}") from error


def use_kafka(admin: AdminClient, client: dict[str, Any], name: str, settings: KafkaGiven) -> str:
    """Make a topic, write to it in a transaction, read it as a group, remove it."""
    brokers = len(admin.list_topics(timeout=5).brokers)
    admin.create_topics([NewTopic(name, 1, settings.kafka_replication_factor)])[name].result(10)
    try:
        write_in_transaction(client, name)
        read_by_group(client, name)
    finally:
        admin.delete_topics([name])[name].result(10)
    return f"{brokers} broker(s); topics, transactions and groups work"


def write_in_transaction(client: dict[str, Any], name: str) -> None:
    producer = Producer(
        client | {"transactional.id": name, "message.timeout.ms": 10000, "transaction.timeout.ms": 15000}
    )
    producer.init_transactions(15)
    producer.begin_transaction()
    producer.produce(name, b"doctor")
    producer.commit_transaction(15)


def read_by_group(client: dict[str, Any], name: str) -> None:
    own = {"group.id": name, "enable.auto.commit": False, "auto.offset.reset": "earliest"}
    consumer = Consumer(client | own | {"isolation.level": "read_committed"})
    consumer.subscribe([name])
    try:
        message = consumer.poll(15)
        if message is None:
            raise UnusableError("a consumer group got no message in 15 s")
        if problem := message.error():
            raise KafkaException(problem)
    finally:
        consumer.close()


def mongodb(installation: Installation) -> str:
    """Writes, reads and removes a document in the database that order keeps its lists in."""
    uri = addresses.mongo(installation)
    database = installation.overrides.get(
        "SHOPMESH_MONGODB_DATABASE", OrderSettings.model_fields["mongodb_database"].default
    )
    try:
        with pymongo.MongoClient[dict[str, str]](uri, serverSelectionTimeoutMS=5000) as client:
            version = client.admin.command("buildInfo")["version"]
            lists = client[database][f"doctor-{secrets.token_hex(4)}"]
            lists.insert_one({"_id": "doctor"})
            lists.find_one({"_id": "doctor"})
            lists.drop()
    except ServerSelectionTimeoutError as error:
        raise UnusableError(f"nothing answers at {hosts_of(uri)} within 5 s: check MONGODB_URI") from error
    except OperationFailure as error:
        role = f"the user needs the role readWrite on the database {database}"
        said = (error.details or {}).get("errmsg", error)
        raise UnusableError(f"{said}: check the password in MONGODB_URI; {role}") from error
    except PyMongoError as error:
        raise UnusableError(f"{error}: check MONGODB_URI") from error
    return f"version {version}, may write to the database {database}"


def hosts_of(uri: str) -> str:
    return ", ".join(f"{host}:{port}" for host, port in parse_uri(uri)["nodelist"])


def valkey_server(installation: Installation) -> str:
    """Runs a script that writes, as cart does."""
    url = addresses.valkey(installation)
    try:
        with redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5, decode_responses=True) as client:
            known = client.info()
            client.eval(
                "return redis.call('SET', KEYS[1], '1', 'PX', 1000)", 1, f"cart:{{doctor-{secrets.token_hex(4)}}}"
            )
    except redis.ResponseError as error:
        raise UnusableError(
            f"{error}: cart runs scripts that read and write cart:* and product:*, and asks INFO"
        ) from error
    except redis.RedisError as error:
        raise UnusableError(f"{str(error).rstrip('.')}: check VALKEY_URL") from error
    version = str(known["redis_version"])
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_REDIS:
        raise UnusableError(f"this is Redis {version}: use Valkey, or Redis >= {'.'.join(map(str, OLDEST_REDIS))}")
    if not known.get("aof_enabled"):
        raise DoubtfulError("no append-only file, so a restart loses carts: `CONFIG SET appendonly yes`")
    if (policy := known.get("maxmemory_policy", "noeviction")) != "noeviction":
        raise DoubtfulError(f"drops carts when it is full ({policy}): `CONFIG SET maxmemory-policy noeviction`")
    return "answers, may write, its append-only file is on"


def smtp(installation: Installation) -> str:
    """Connects and logs in as notify does; sends nothing."""

    async def log_in(server: dict[str, Any]) -> None:
        async with aiosmtplib.SMTP(**server, timeout=5):
            pass

    try:
        asyncio.run(log_in(server_of(addresses.smtp(installation))))
    except (OSError, ValueError, aiosmtplib.SMTPException) as error:
        raise UnusableError(f"{str(error).rstrip('.')}: check SMTP_URL") from error
    return "lets us in"


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
    secure, target = addresses.otlp(installation).startswith("https:"), addresses.otlp_collector(installation)
    credentials = grpc.ssl_channel_credentials() if secure else None
    with grpc.secure_channel(target, credentials) if credentials else grpc.insecure_channel(target) as channel:
        try:
            stub = trace_service_pb2_grpc.TraceServiceStub(channel)  # type: ignore[no-untyped-call] # generated
            stub.Export(trace_service_pb2.ExportTraceServiceRequest(), timeout=5)
        except grpc.RpcError as error:
            raise DoubtfulError(f"no OTLP/gRPC at {target}: check OTEL_EXPORTER_OTLP_ENDPOINT") from error
    if secure:
        raise DoubtfulError("takes the services' spans; the edge knows no TLS here, so its own will be missing")
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
