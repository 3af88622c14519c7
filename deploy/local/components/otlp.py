"""The bridge from OTLP/gRPC, which our services speak, to the trace viewer."""

import sys

from deploy.local.components.base import PYTHON_ENVIRONMENT, Command, Component, Wave
from deploy.local.installation import Installation


class OtlpBridge(Component):
    name = "otlp"
    wave = Wave.VIEWERS
    ports = ("otlp",)
    megabytes = 50
    replaced_by = ("OTEL_EXPORTER_OTLP_ENDPOINT",)

    def command(self, installation: Installation) -> Command:
        target = f"http://{installation.address('traces')}/api/v2/spans"
        arguments = ("--listen", installation.address("otlp"), "--zipkin", target)
        return Command((sys.executable, "-m", "deploy.local.otlp_bridge", *arguments), PYTHON_ENVIRONMENT)
