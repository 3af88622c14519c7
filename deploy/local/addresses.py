"""Where each server is: the owner's own, where a setting names one, else the stack's."""

from urllib.parse import urlsplit

from deploy.local.credentials import Credentials
from deploy.local.installation import Installation


def postgres(installation: Installation) -> str:
    """The address of a role that may create databases and roles."""
    if given := installation.overrides.get("POSTGRES_URL"):
        return given
    password = Credentials(installation).get("postgres")
    return f"postgresql://shopmesh:{password}@{installation.address('postgres')}/postgres"


def kafka(installation: Installation) -> str:
    """Bootstrap servers, `host:port,host:port`."""
    own = [installation.address(node) for node in installation.kafka_nodes]
    return installation.overrides.get("SHOPMESH_KAFKA_BOOTSTRAP_SERVERS", ",".join(own))


def mongo(installation: Installation) -> str:
    return installation.overrides.get("MONGODB_URI", f"mongodb://{installation.address('mongo')}/shopmesh")


def valkey(installation: Installation) -> str:
    return installation.overrides.get("VALKEY_URL", f"redis://{installation.address('valkey')}/0")


def smtp(installation: Installation) -> str:
    return installation.overrides.get("SMTP_URL", f"smtp://{installation.address('smtp')}")


def otlp(installation: Installation) -> str:
    """Where telemetry is sent by OTLP/gRPC."""
    return installation.overrides.get("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://{installation.address('otlp')}")


def otlp_collector(installation: Installation) -> str:
    """The same as `host:port`."""
    url = urlsplit(otlp(installation))
    return f"{url.hostname}:{url.port or 4317}"


def public(installation: Installation) -> str:
    """The edge, as a browser reaches it."""
    return f"http://{installation.address('edge')}"
