"""The environment of each service: every setting the stack has an answer for, cut down to what that service knows."""

import importlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from deploy.local import addresses, databases
from deploy.local.certificates import Certificates
from deploy.local.credentials import Credentials
from deploy.local.installation import BROKERS, KAFKA_NODES, SERVICES, Installation

PREFIX = "SHOPMESH_"
SCHEMES = {
    "POSTGRES_URL": ("postgresql://", "postgres://"),
    "MONGODB_URI": ("mongodb://", "mongodb+srv://"),
    "VALKEY_URL": ("redis://", "rediss://"),
    "SMTP_URL": ("smtp://", "smtps://"),
    "OTEL_EXPORTER_OTLP_ENDPOINT": ("http://", "https://"),
}
STRIPE_TRIO = ("STRIPE_API_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRETS")


@cache
def known_names(service: str, secret: bool = False) -> frozenset[str]:
    """The environment variables that the service's settings read, or the secret ones alone: `SHOPMESH_<FIELD>` and the
    vendors' names."""
    from pydantic import AliasChoices, SecretStr
    from pydantic_settings import BaseSettings

    settings: type[BaseSettings] = importlib.import_module(f"services.{service}.settings").Settings
    names = set()
    for name, field in settings.model_fields.items():
        if secret and field.annotation is not SecretStr:
            continue
        names.add(PREFIX + name.upper())
        if isinstance(field.validation_alias, AliasChoices):
            names |= {alias for alias in field.validation_alias.choices if isinstance(alias, str) and alias.isupper()}
    return frozenset(names)


def slips(installation: Installation) -> dict[str, str]:
    """What is wrong with the owner's settings, as can be seen without asking a server: by name, what to do."""
    own = installation.overrides
    unknown = dict.fromkeys(unknown_overrides(installation), "no service knows this setting: see .env.example")
    wrong = {
        name: f"is no address: it begins with {' or '.join(schemes)}"
        for name, schemes in SCHEMES.items()
        if name in own and not own[name].startswith(schemes)
    }
    given = [name for name in STRIPE_TRIO if name in own]
    text = f"missing beside {', '.join(given)}: set all of Stripe's, or none for the stand-in"
    missing = {name: text for name in STRIPE_TRIO if given and name not in given}
    numbers = ("1", str(len(KAFKA_NODES)))
    number = {BROKERS: f"must be {' or '.join(numbers)}"} if own.get(BROKERS, "1") not in numbers else {}
    return unknown | wrong | missing | number


def unknown_overrides(installation: Installation) -> list[str]:
    """Names of the owner's settings that no service knows: a slip of the pen, most likely."""
    own = [name for name in installation.overrides if name.startswith(PREFIX)]
    if not own:
        return []
    known = frozenset[str]().union(*(known_names(service) for service in SERVICES))
    return sorted(name for name in own if name not in known)


def service_environment(service: str, installation: Installation) -> dict[str, str]:
    """The service's variables: the stack's answers, and over them the owner's settings."""
    answers = {
        **listeners(service, installation),
        **Certificates(installation).environment(service),
        **stores(service, installation),
        **secrets(installation),
        **stripe(installation),
        f"{PREFIX}PREFIX": topic_prefix(installation),
        f"{PREFIX}DRAIN_SECONDS": "2",
        "OTEL_EXPORTER_OTLP_ENDPOINT": addresses.otlp(installation),
        **installation.overrides,
    }
    return pick(answers, known_names(service))


def audit_environment(installation: Installation) -> dict[str, str]:
    """The variables of `python -m ops.audit`: the stores' addresses, with roles that can only read."""
    vendors = ("MONGODB_URI", "VALKEY_URL", "STRIPE_API_KEY", "STRIPE_API_BASE")
    answers = {**stores("order", installation), **stripe(installation), **installation.overrides}
    kafka = {name: value for name, value in answers.items() if name.startswith(f"{PREFIX}KAFKA_")}
    urls = {
        f"{PREFIX}AUDIT_{service.upper()}_URL": databases.audit_url(service, installation)
        for service in databases.WITH_DATABASE
    }
    prefix = {f"{PREFIX}PREFIX": topic_prefix(installation)}
    return {**{name: answers[name] for name in vendors if name in answers}, **kafka, **urls, **prefix}


def topic_prefix(installation: Installation) -> str:
    """What topics, groups and transactional ids begin with: the owner's word, or what the last restore began."""
    given, restored = installation.overrides.get(f"{PREFIX}PREFIX"), prefix_file(installation)
    return given or (restored.read_text() if restored.exists() else installation.prefix)


def prefix_file(installation: Installation) -> Path:
    """The file that says what the last restore began, as `make up` found it in restored databases."""
    return installation.state / "topic-prefix"


def pick(answers: Mapping[str, str], known: frozenset[str]) -> dict[str, str]:
    """The answers whose name the service knows; a vendor's name wins over its own twin."""
    return {name: value for name, value in answers.items() if name in known}


def listeners(service: str, installation: Installation) -> dict[str, str]:
    """Where the service listens and where it finds the others."""
    own = {"PUBLIC": service, "INTERNAL": f"{service}-internal", "METRICS": f"{service}-metrics"}
    listen = {f"{PREFIX}{kind}_LISTEN": installation.address(port) for kind, port in own.items()}
    targets = {f"{PREFIX}{name.upper()}_TARGET": installation.address(f"{name}-internal") for name in SERVICES}
    return listen | targets


def stores(service: str, installation: Installation) -> dict[str, str]:
    """Addresses of databases, broker and mail server, under our names and the vendors'."""
    vendors = {
        "MONGODB_URI": addresses.mongo(installation),
        "VALKEY_URL": addresses.valkey(installation),
        "SMTP_URL": addresses.smtp(installation),
    }
    return {
        **vendors,
        **{PREFIX + name: address for name, address in vendors.items()},
        f"{PREFIX}DATABASE_URL": databases.url(service, installation),
        f"{PREFIX}KAFKA_BOOTSTRAP_SERVERS": addresses.kafka(installation),
        f"{PREFIX}KAFKA_REPLICATION_FACTOR": str(len(installation.kafka_nodes)),
    }


def secrets(installation: Installation) -> dict[str, str]:
    """Server keys made on this machine."""
    credentials = Credentials(installation)
    return {
        f"{PREFIX}ORDER_TOKEN_KEYS": f"k1:{credentials.key('order-token')}",
        f"{PREFIX}KEY_ENCRYPTION_KEY": credentials.key("key-encryption"),
        f"{PREFIX}CART_ID_KEY": credentials.key("cart-id"),
    }


def stripe(installation: Installation) -> dict[str, str]:
    """The stand-in's address and keys; nothing where the owner has real ones."""
    if installation.overrides.keys() >= set(STRIPE_TRIO):
        return {}
    credentials = Credentials(installation)
    return {
        "STRIPE_API_BASE": f"http://{installation.address('stripe')}",
        "STRIPE_API_KEY": f"sk_test_{credentials.get('stripe-key')}",
        "STRIPE_PUBLISHABLE_KEY": f"pk_test_{credentials.get('stripe-publishable-key')}",
        "STRIPE_WEBHOOK_SECRETS": f"whsec_{credentials.get('stripe-webhook')}",
    }
