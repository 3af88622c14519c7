"""A second edge in front of the same services, for settings that the stack's own does not have."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from deploy.local.components.edge import UNLIMITED, options, program, render
from deploy.local.installation import Installation
from deploy.local.readiness import NotReadyError, require_http
from deploy.local.supervisor import wait_until
from tests.ports import free_port


@contextmanager
def edge(installation: Installation, folder: Path, *arguments: str) -> Iterator[str]:
    """The address of an edge rendered with more arguments, on ports of its own, while inside."""
    ports = {**installation.ports, "edge": free_port(), "edge-admin": free_port(), "edge-jwks": free_port()}
    place = replace(installation, ports=ports)
    (folder / "settings.toml").write_text(UNLIMITED)
    render([*options(place, folder), *arguments])
    command = [program(place.cache), "-c", str(folder / "envoy.yaml"), "--disable-hot-restart", "--concurrency", "1"]
    with (folder / "envoy.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_until(lambda: _ready(place), 30, "the second edge does not start")
        yield f"http://{place.address('edge')}"
    finally:
        process.terminate()
        process.wait(10)


def _ready(place: Installation) -> bool:
    try:
        require_http(f"http://{place.address('edge-admin')}/ready")
    except NotReadyError:
        return False
    return True
