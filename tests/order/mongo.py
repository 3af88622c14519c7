"""A MongoDB stand-in of a test's own, which may be killed without anybody else noticing."""

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Self

from deploy.local import addresses
from deploy.local.components.mongo import Mongo
from deploy.local.installation import Installation
from tests.ports import free_port


class StandIn:
    """Runs while inside; it keeps everything in memory, so a killed one comes back empty."""

    def __init__(self, installation: Installation, folder: Path) -> None:
        place = replace(installation, ports={**installation.ports, "mongo": free_port()})
        self._command = Mongo().command(place).arguments
        self._log = folder / "mongo.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.uri = addresses.mongo(place)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Starts it where it was; it takes connections some time later."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)

    def kill(self) -> None:
        """SIGKILL, and it is gone on return."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
