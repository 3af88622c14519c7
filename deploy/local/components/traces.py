"""Zipkin: shows a purchase's trace as a waterfall."""

from deploy.local.components.base import Command, Component, Wave
from deploy.local.components.java import JAVA, java, small_heap
from deploy.local.downloads import Jars
from deploy.local.installation import HOST, Installation
from deploy.local.readiness import require_http

JARS = Jars("zipkin", 135)


class Traces(Component):
    name = "traces"
    wave = Wave.VIEWERS
    ports = ("traces",)
    downloads = (JAVA, JARS)
    megabytes = 260
    replaced_by = ("OTEL_EXPORTER_OTLP_ENDPOINT",)

    def command(self, installation: Installation) -> Command:
        (jar,) = JARS.files(installation.cache)
        port = {"ip": HOST, "port": installation.ports["traces"], "protocols[0]": "http"}
        flags = (f"--armeria.ports[0].{key}={value}" for key, value in port.items())
        memory = ("--zipkin.storage.type=mem", "--zipkin.storage.mem.max-spans=30000")
        jvm = (java(installation.cache), *small_heap(192), "-XX:+ExitOnOutOfMemoryError", "-jar", str(jar))
        return Command((*jvm, *memory, *flags))

    def ready(self, installation: Installation) -> None:
        require_http(f"http://{installation.address('traces')}/health")
