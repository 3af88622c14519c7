"""Apache Kafka: nodes that are broker and controller, small and quick to come back; one, or with KAFKA_BROKERS=3 three.

Of three each record is on all, and taken when two have it: any one may be killed.
"""

import base64
import secrets
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from deploy.local.components.base import Command, Component
from deploy.local.components.java import JAVA, java, small_heap
from deploy.local.downloads import Jars, make_once
from deploy.local.errors import StackError
from deploy.local.installation import BROKERS, HOST, KAFKA_NODES, Installation
from deploy.local.progress import Progress
from deploy.local.readiness import NotReadyError, require_listening

JARS = Jars("kafka", 44)
PROPERTIES = """\
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
listeners={listeners},CONTROLLER://{host}:{controller}
advertised.listeners={listeners}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,ALSO:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs={logs}
auto.create.topics.enable=false
offsets.topic.num.partitions=1
min.insync.replicas={in_sync}
offsets.topic.replication.factor={replicas}
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor={replicas}
transaction.state.log.min.isr={in_sync}
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor={replicas}
share.coordinator.state.topic.min.isr={in_sync}
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
group.consumer.min.heartbeat.interval.ms=200
group.consumer.heartbeat.interval.ms=500
broker.heartbeat.interval.ms=250
broker.session.timeout.ms=6000
log.segment.bytes=16777216
log.index.size.max.bytes=1048576
log.cleaner.dedupe.buffer.size=4194304
num.network.threads=1
num.io.threads=2
"""


class Kafka(Component):
    """One node; the first of KAFKA_NODES is there always."""

    downloads = (JAVA, JARS)
    megabytes = 200
    replaced_by = ("SHOPMESH_KAFKA_BOOTSTRAP_SERVERS",)

    def __init__(self, name: str) -> None:
        self.name = name
        self.ports = (name, f"{name}-controller")

    def wanted(self, installation: Installation) -> bool:
        return self.name in installation.kafka_nodes

    def fetch(self, installation: Installation, progress: Progress) -> None:
        def record_once() -> None:
            progress.say("recording Kafka's class archive, once: later starts are faster")
            record_archive(installation)

        make_once(archive(installation.cache), installation.cache, record_once)

    def configure(self, installation: Installation) -> None:
        folder = installation.folder(self.name)
        formatted = (folder / "logs" / "meta.properties").exists()
        refuse_other_number(folder, len(installation.kafka_nodes), formatted=formatted)
        also = installation.also_address(f"{self.name}-also") if installation.also else None
        write_configuration(folder, KAFKA_NODES.index(self.name) + 1, places(installation), also)
        if not formatted:
            format_storage(installation.cache, folder, cluster_id(installation))

    def fingerprint(self, installation: Installation) -> str:
        return PROPERTIES

    def command(self, installation: Installation) -> Command:
        properties = str(installation.folder(self.name) / "server.properties")
        archived = (f"-XX:AOTCache={archive(installation.cache)}",)
        return Command((*launcher(installation.cache, archived), "kafka.Kafka", properties))

    def ready(self, installation: Installation) -> None:
        from deploy.local.kafka_probe import probe

        require_listening(installation.ports[self.name])
        probe(installation.address(self.name), len(installation.kafka_nodes))


def places(installation: Installation) -> list[tuple[int, int]]:
    """Each node's port as a broker and as a controller."""
    return [(installation.ports[name], installation.ports[f"{name}-controller"]) for name in installation.kafka_nodes]


def refuse_other_number(folder: Path, brokers: int, *, formatted: bool) -> None:
    """Raise StackError where the storage was made for another number of brokers: its topics would stay on those."""
    stamp = folder / "brokers"
    before = int(stamp.read_text()) if stamp.exists() else 1
    if formatted and before != brokers:
        raise StackError(f"{BROKERS}={brokers}, but this Kafka was made with {before}: `make reset` first")
    stamp.write_text(str(brokers))


def cluster_id(installation: Installation) -> str:
    """What the nodes have in common; made once."""
    file = installation.folder(KAFKA_NODES[0]) / "cluster-id"
    if not file.exists():
        file.write_text(new_cluster_id())
    return file.read_text()


def new_cluster_id() -> str:
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "a")


def launcher(cache: Path, flags: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The JVM with Kafka's class path, in the order that the class archive was recorded with."""
    path = ":".join(str(jar) for jar in JARS.files(cache))
    quiet = ("-Xlog:disable", "-Xlog:all=error", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")
    return (java(cache), *small_heap(256), *flags, *quiet, "-cp", path)


def archive(cache: Path) -> Path:
    """The class archive, which saves seconds of every start; it fits one runtime and one set of jars."""
    return JARS.path(cache) / f"{JAVA.path(cache).name}.aot"


def write_configuration(folder: Path, node: int, places: Sequence[tuple[int, int]], also: str | None = None) -> None:
    """The file of one node; `places` are every node's two ports.

    At `also`, `host:port`, it has a second listener, which names that address to clients.
    """
    broker, controller = places[node - 1]
    voters = ",".join(f"{number}@{HOST}:{each}" for number, (_, each) in enumerate(places, 1))
    listeners = ",".join([f"PLAINTEXT://{HOST}:{broker}"] + ([f"ALSO://{also}"] if also else []))
    many = {"replicas": len(places), "in_sync": len(places) // 2 + 1}
    text = PROPERTIES.format(
        host=HOST, node=node, listeners=listeners, controller=controller, voters=voters, logs=folder / "logs", **many
    )
    (folder / "server.properties").write_text(text)


def format_storage(cache: Path, folder: Path, identity: str) -> None:
    """Make the empty log folder of a node of a new cluster."""
    arguments = ("kafka.tools.StorageTool", "format", "-t", identity, "-c", str(folder / "server.properties"))
    finished = subprocess.run([*launcher(cache), *arguments], capture_output=True, text=True, check=False)
    if finished.returncode:
        raise StackError(f"formatting Kafka's storage failed: {finished.stdout}{finished.stderr}")


def record_archive(installation: Installation) -> None:
    """Run a throw-away broker once, which writes the class archive as it ends."""
    folder = installation.folder(f"kafka-archive-{secrets.token_hex(4)}")
    broker, controller = free_ports(2)
    write_configuration(folder, 1, [(broker, controller)])
    format_storage(installation.cache, folder, new_cluster_id())
    draft = archive(installation.cache).with_suffix(".new")
    command = (*launcher(installation.cache, (f"-XX:AOTCacheOutput={draft}",)), "kafka.Kafka")
    with subprocess.Popen(
        [*command, str(folder / "server.properties")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        await_broker(process, f"{HOST}:{broker}")
        process.send_signal(signal.SIGTERM)
    draft.replace(archive(installation.cache))
    shutil.rmtree(folder)


def await_broker(process: subprocess.Popen[bytes], address: str) -> None:
    """Wait until the throw-away broker has served a message, so that the archive holds those classes too."""
    from deploy.local.kafka_probe import probe

    deadline = time.monotonic() + 60
    while True:
        try:
            require_listening(int(address.rpartition(":")[2]))
            return probe(address)
        except NotReadyError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise StackError("Kafka doesn't start") from error
            time.sleep(0.2)


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on at this moment."""
    sockets = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports: list[int] = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
