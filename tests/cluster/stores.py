"""The stores beside the cluster: the local stack's own, listening at the bridge's address too for this run only."""

from deploy.local.installation import Installation
from deploy.local.stack import Stack

PARTS = {"postgres", "kafka", "mongo", "valkey", "mail"}


class Stores:
    """PostgreSQL, Kafka, the MongoDB stand-in, Valkey and the mail catcher.

    `stack` has them at 127.0.0.1, for tests and the audit; `host` is where pods find them.
    """

    stack: Stack
    installation: Installation
    host: str

    def secrets(self) -> dict[str, dict[str, str]]:
        """The Secrets that the release's values name: keys and values by name."""
        raise NotImplementedError
