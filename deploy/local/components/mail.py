"""The mail catcher: takes every message by SMTP and shows it in a browser."""

import sys

from deploy.local.components.base import PYTHON_ENVIRONMENT, Command, Component, Wave
from deploy.local.downloads import Wheels
from deploy.local.installation import HOST, Installation
from deploy.local.readiness import require_http, require_listening

PACKAGES = Wheels("mail", 12)


class Mail(Component):
    name = "mail"
    wave = Wave.VIEWERS
    ports = ("smtp", "mail")
    downloads = (PACKAGES,)
    megabytes = 60
    replaced_by = ("SMTP_URL",)

    def command(self, installation: Installation) -> Command:
        store = str(installation.folder("mail") / "messages.sqlite")
        smtp = ("--smtp-ip", installation.listened[-1], "--smtp-port", str(installation.ports["smtp"]))
        http = ("--http-ip", HOST, "--http-port", str(installation.ports["mail"]))
        environment = {**PYTHON_ENVIRONMENT, "PYTHONPATH": str(PACKAGES.path(installation.cache))}
        sendria = (sys.executable, "-m", "sendria", "--foreground", "--no-quit", "--db", store)
        return Command((*sendria, *smtp, *http), environment)

    def ready(self, installation: Installation) -> None:
        require_listening(installation.ports["smtp"], installation.listened[-1])
        require_http(f"http://{installation.address('mail')}/api/messages/")
