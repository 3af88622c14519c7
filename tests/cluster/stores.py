"""The stores beside the cluster: the local stack's own, listening at the bridge's address too for this run only."""

import os
from dataclasses import replace

from deploy.local import addresses, databases
from deploy.local.bootstrap import ROOT
from deploy.local.environment import PREFIX, secrets
from deploy.local.installation import Installation, offset_of, read_overrides, read_ports
from deploy.local.progress import Progress
from deploy.local.stack import Stack

PARTS = {"postgres", "kafka", "mongo", "valkey", "mail"}
BESIDE_THE_TEST_STACK = 50
"""Added to the test stack's ports, so that both can run."""

KEYS = {
    "order-token-keys": "ORDER_TOKEN_KEYS",
    "key-encryption-key": "KEY_ENCRYPTION_KEY",
    "cart-id-key": "CART_ID_KEY",
}


class Stores:
    """PostgreSQL, Kafka, the MongoDB stand-in, Valkey and the mail catcher.

    `stack` has them at 127.0.0.1, for tests and the audit; `host` is where pods find them.
    """

    def __init__(self, host: str) -> None:
        self.host = host
        self.installation = installation(host)
        self.stack = Stack(self.installation)

    def up(self, progress: Progress) -> None:
        """Start them empty, with a database and a role for each service."""
        self.stack.reset()
        self.stack = Stack(self.installation)  # which makes its folders anew
        self.stack.up(only=PARTS, progress=progress)
        databases.create(self.installation)

    def down(self) -> None:
        """Stop them and remove what they held."""
        self.stack.reset()

    def seen_by_pods(self, url: str) -> str:
        """The address with the host under which pods find it."""
        for part in PARTS | {"smtp"}:
            url = url.replace(self.installation.address(part), self.installation.also_address(part))
        return url

    @property
    def kafka(self) -> str:
        """Bootstrap servers for pods."""
        return self.installation.also_address("kafka-also")

    def secrets(self) -> dict[str, dict[str, str]]:
        """The Secrets that the release's values name: keys and values by name."""
        own = self.installation
        urls = {service: self.seen_by_pods(databases.url(service, own)) for service in databases.WITH_DATABASE}
        keys = secrets(own)
        return {
            "stores-postgres": urls,
            "stores-mongodb": {"uri": self.seen_by_pods(addresses.mongo(own))},
            "stores-valkey": {"url": self.seen_by_pods(addresses.valkey(own))},
            "stores-smtp": {"url": self.seen_by_pods(addresses.smtp(own))},
            "shop-own-keys": {key: keys[PREFIX + setting] for key, setting in KEYS.items()},
        }

    def values(self) -> dict[str, object]:
        """The part of the release's values that names them."""
        named = {part: {"existingSecret": f"stores-{part}"} for part in ("postgres", "mongodb", "valkey", "smtp")}
        kafka = {"bootstrapServers": self.kafka, "replicationFactor": 1}
        return {
            "stores": {**named, "kafka": kafka},
            "keys": {"existingSecret": "shop-own-keys"},
            "topicPrefix": self.installation.prefix,
        }


def installation(host: str) -> Installation:
    """Folders and ports of their own."""
    ports = read_ports(offset_of(read_overrides(ROOT / ".env", os.environ)), test=True)
    moved = {name: port + BESIDE_THE_TEST_STACK for name, port in ports.items()}
    own = Installation(ROOT / ".local" / "cluster-stores", moved, prefix="t1.", test=True)
    return replace(own, also=host)
