"""One of our six services, all its parts in one process."""

import sys
from pathlib import Path

from deploy.local.bootstrap import ROOT
from deploy.local.components.base import PYTHON_ENVIRONMENT, Command, Component, Wave
from deploy.local.environment import service_environment
from deploy.local.files import fingerprint_of
from deploy.local.installation import Installation
from deploy.local.readiness import require_grpc


class Service(Component):
    wave = Wave.SERVICES
    megabytes = 110

    def __init__(self, name: str) -> None:
        self.name = name
        self.ports = (name, f"{name}-internal", f"{name}-metrics")

    def fingerprint(self, installation: Installation) -> str:
        return " ".join(fingerprint_of(folder) for folder in self.code())

    def code(self) -> tuple[Path, ...]:
        """The folders whose change needs a restart of this service."""
        return ROOT / "services" / self.name, ROOT / "services" / "chassis", ROOT / "gen"

    def command(self, installation: Installation) -> Command:
        environment = {**PYTHON_ENVIRONMENT, **service_environment(self.name, installation)}
        return Command((sys.executable, "-m", f"services.{self.name}", "serve"), environment)

    def ready(self, installation: Installation) -> None:
        require_grpc(installation.address(self.name))
