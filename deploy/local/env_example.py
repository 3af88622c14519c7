"""`.env.example`: every setting that an owner may put into `.env`, with its default and its meaning.

The services' settings are read from their classes, so the file can't drift; a test compares it.
"""

import importlib

from pydantic import AliasChoices, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from deploy.local.environment import PREFIX
from deploy.local.installation import SERVICES

HEAD = """\
# Settings of Shopmesh, each with its default. Copy this file to `.env` and take the # from what you change.
# Written by `make env-example` from the services' settings: don't edit it by hand.
# `make up` answers the addresses, certificates and secrets itself; what you set here wins.

# --- the local stack
# Added to every port, so that a second checkout runs beside the first.
# SHOPMESH_PORT_OFFSET=0
# Nodes of our own Kafka, 1 or 3. Of three, each event is on all and taken when two have it: one may die. About 150 MB
# each. Set it before the first `make up`, or `make reset` first.
# KAFKA_BROKERS=1

# --- your own servers, instead of the local stack's (`make doctor` checks them; Kafka's are SHOPMESH_KAFKA_* below)
# PostgreSQL >= 15, as a role that may create databases and roles, postgresql://user:password@host:port/postgres
# POSTGRES_URL=
# MongoDB >= 4.4, mongodb://...
# MONGODB_URI=
# Valkey or Redis with its append-only file on, redis://... or rediss://...
# VALKEY_URL=
# Mail server, smtp://user:password@host:port or smtps://...
# SMTP_URL=
# OTLP/gRPC collector, http://host:4317
# OTEL_EXPORTER_OTLP_ENDPOINT=
# Stripe itself, all three: its secret key, its publishable key, and the webhook's signing secrets (two, with a comma
# between, while one is replaced)
# STRIPE_API_KEY=
# STRIPE_PUBLISHABLE_KEY=
# STRIPE_WEBHOOK_SECRETS=
"""


def text() -> str:
    """The whole file."""
    rows: dict[str, tuple[FieldInfo, list[str]]] = {}
    for service in SERVICES:
        fields = importlib.import_module(f"services.{service}.settings").Settings.model_fields
        for name, field in fields.items():
            rows.setdefault(variable(name, field), (field, []))[1].append(service)
    listed = [row(name, field, users) for name, (field, users) in rows.items() if f"# {name}=" not in HEAD]
    return HEAD + "\n# --- the services\n" + "".join(listed)


def variable(name: str, field: FieldInfo) -> str:
    """The vendor's own name where the field has one, else ours."""
    choices = field.validation_alias.choices if isinstance(field.validation_alias, AliasChoices) else []
    vendors = [each for each in choices if isinstance(each, str) and each.isupper() and not each.startswith(PREFIX)]
    return vendors[0] if vendors else PREFIX + name.upper()


def row(name: str, field: FieldInfo, users: list[str]) -> str:
    """The setting's meaning, who reads it, and its default."""
    readers = "every service" if len(users) == len(SERVICES) else ", ".join(users)
    return f"# {field.description} [{readers}]\n# {name}={default(field)}\n"


def default(field: FieldInfo) -> str:
    value = field.default
    if value is PydanticUndefined or value is None:
        return ""
    return str(value.get_secret_value() if isinstance(value, SecretStr) else value)
