"""Apache Kafka: one node that is broker and controller, small and quick to come back."""

import base64
import secrets
import shutil
import signal
import socket
import subprocess
import time
import uuid
from pathlib import Path

from deploy.local.components.base import Command, Component
from deploy.local.components.java import JAVA, java, small_heap
from deploy.local.downloads import Jars, make_once
from deploy.local.errors import StackError
from deploy.local.installation import HOST, Installation
from deploy.local.progress import Progress
from deploy.local.readiness import NotReadyError, require_listening

JARS = Jars("kafka", 44)
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
listeners=PLAINTEXT://{host}:{broker},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{broker}
controller.listener.names=CONTROLLER
log.dirs={logs}
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
group.consumer.min.heartbeat.interval.ms=200
group.consumer.heartbeat.interval.ms=500
broker.heartbeat.interval.ms=250
broker.session.timeout.ms=2000
log.segment.bytes=16777216
log.index.size.max.bytes=1048576
log.cleaner.dedupe.buffer.size=4194304
num.network.threads=1
num.io.threads=2
"""


class Kafka(Component):
    name = "kafka"
    ports = ("kafka", "kafka-controller")
    downloads = (JAVA, JARS)
    megabytes = 200
    replaced_by = ("SHOPMESH_KAFKA_BOOTSTRAP_SERVERS",)

    def fetch(self, installation: Installation, progress: Progress) -> None:
        def record_once() -> None:
            progress.say("recording Kafka's class archive, once: later starts are faster")
            record_archive(installation)

        make_once(archive(installation.cache), installation.cache, record_once)

    def configure(self, installation: Installation) -> None:
        folder = installation.folder("kafka")
        write_configuration(folder, installation.ports["kafka"], installation.ports["kafka-controller"])
        if not (folder / "logs" / "meta.properties").exists():
            format_storage(installation.cache, folder)

    def fingerprint(self, installation: Installation) -> str:
        return PROPERTIES

    def command(self, installation: Installation) -> Command:
        properties = str(installation.folder("kafka") / "server.properties")
        archived = (f"-XX:AOTCache={archive(installation.cache)}",)
        return Command((*launcher(installation.cache, archived), "kafka.Kafka", properties))

    def ready(self, installation: Installation) -> None:
        from deploy.local.kafka_probe import probe

        require_listening(installation.ports["kafka"])
        probe(installation.address("kafka"))


def launcher(cache: Path, flags: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The JVM with Kafka's class path, in the order that the class archive was recorded with."""
    path = ":".join(str(jar) for jar in JARS.files(cache))
    quiet = ("-Xlog:disable", "-Xlog:all=error", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")
    return (java(cache), *small_heap(256), *flags, *quiet, "-cp", path)


def archive(cache: Path) -> Path:
    """The class archive, which saves seconds of every start; it fits one runtime and one set of jars."""
    return JARS.path(cache) / f"{JAVA.path(cache).name}.aot"


def write_configuration(folder: Path, broker: int, controller: int) -> None:
    text = PROPERTIES.format(host=HOST, broker=broker, controller=controller, logs=folder / "logs")
    (folder / "server.properties").write_text(text)


def format_storage(cache: Path, folder: Path) -> None:
    """Make the empty log folder of a new cluster."""
    identity = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "a")
    arguments = ("kafka.tools.StorageTool", "format", "-t", identity, "-c", str(folder / "server.properties"))
    finished = subprocess.run([*launcher(cache), *arguments], capture_output=True, text=True, check=False)
    if finished.returncode:
        raise StackError(f"formatting Kafka's storage failed: {finished.stdout}{finished.stderr}")


def record_archive(installation: Installation) -> None:
    """Run a throw-away broker once, which writes the class archive as it ends."""
    folder = installation.folder(f"kafka-archive-{secrets.token_hex(4)}")
    broker, controller = free_ports(2)
    write_configuration(folder, broker, controller)
    format_storage(installation.cache, folder)
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
