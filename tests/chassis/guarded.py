"""A Kafka of its own that lets nobody do what was not allowed: SASL, and access lists."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from deploy.local.components import kafka
from deploy.local.installation import HOST, Installation
from tests.ports import free_port

GUEST, PASSWORD = "guest", "hidden"
GUARDED = """
listeners=PLAINTEXT://{host}:{open},SASL_PLAINTEXT://{host}:{guarded},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{open},SASL_PLAINTEXT://{host}:{guarded}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required user_guest="hidden";
"""


@dataclass(frozen=True)
class Guarded:
    """Its address for the guest, and a client that may do everything."""

    address: str
    admin: AdminClient

    def allow(self, kind: ResourceType, prefix: str, *operations: AclOperation) -> None:
        """Lets the guest do so with what begins with ``prefix``."""
        who, yes = f"User:{GUEST}", AclPermissionType.ALLOW
        rules = [AclBinding(kind, prefix, ResourcePatternType.PREFIXED, who, "*", each, yes) for each in operations]
        for answer in self.admin.create_acls(rules).values():
            answer.result(10)


@contextmanager
def guarded_kafka(installation: Installation, folder: Path) -> Iterator[Guarded]:
    """Starts it in ``folder``, and stops it. The installation's own Kafka has fetched what it takes."""
    ports = {"open": free_port(), "guarded": free_port(), "controller": free_port()}
    kafka.write_configuration(folder, 1, [(ports["open"], ports["controller"])])
    with (folder / "server.properties").open("a") as file:
        file.write(GUARDED.format(host=HOST, **ports))
    kafka.format_storage(installation.cache, folder, kafka.new_cluster_id())
    command = [*kafka.launcher(installation.cache), "kafka.Kafka", str(folder / "server.properties")]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            admin = AdminClient({"bootstrap.servers": f"{HOST}:{ports['open']}", "log_level": 0})
            _until_it_answers(admin, process)
            yield Guarded(f"{HOST}:{ports['guarded']}", admin)
        finally:
            process.kill()


def _until_it_answers(admin: AdminClient, process: "subprocess.Popen[bytes]") -> None:
    while process.poll() is None:
        with suppress(KafkaException):
            admin.list_topics(timeout=2)
            return
    raise AssertionError("it has ended")
