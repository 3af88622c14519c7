"""The bridge from OTLP/gRPC, which our services speak, to the trace viewer."""

import sys

from deploy.local.components.base import PYTHON_ENVIRONMENT, Command, Component
from deploy.local.installation import Installation


class OtlpBridge(Component):
    name = "otlp"
    ports = ("otlp",)
    megabytes = 50
    replaced_by = ("OTEL_EXPORTER_OTLP_ENDPOINT",)

    def command(self, installation: Installation) -> Command:
        target = f"http://{installation.address('traces')}/api/v2/spans"
        arguments = ("--listen", installation.address("otlp"), "--zipkin", target)
        return Command((sys.executable, "-m", "deploy.local.otlp_bridge", *arguments), PYTHON_ENVIRONMENT)


def endpoint(installation: Installation) -> str:
    """Where services send their telemetry: the owner's own collector, or the bridge."""
    return installation.overrides.get("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://{installation.address('otlp')}")
