"""Serves the demo shop's pictures, which its generator draws into the state folder's `media/`."""

import sys

from deploy.local.components.base import PYTHON_ENVIRONMENT, Command, Component, Wave
from deploy.local.installation import HOST, Installation


class Media(Component):
    name = "media"
    wave = Wave.VIEWERS
    ports = ("media",)
    megabytes = 20

    def command(self, installation: Installation) -> Command:
        place = ("--bind", HOST, "--directory", str(installation.folder("media")))
        arguments = ("-m", "http.server", *place, str(installation.ports["media"]))
        return Command((sys.executable, *arguments), PYTHON_ENVIRONMENT)
