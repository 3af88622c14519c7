"""The stand-in for Stripe, unless the owner has set real keys."""

import sys

from deploy.local.bootstrap import ROOT
from deploy.local.components.base import PYTHON_ENVIRONMENT, Command, Component, Wave
from deploy.local.environment import STRIPE_TRIO, stripe
from deploy.local.files import fingerprint_of
from deploy.local.installation import Installation
from deploy.local.readiness import require_http


class Stripe(Component):
    name = "stripe"
    wave = Wave.SERVICES
    ports = ("stripe",)
    replaced_by = STRIPE_TRIO

    def fingerprint(self, installation: Installation) -> str:
        return fingerprint_of(ROOT / "deploy" / "local" / "stripe")

    def command(self, installation: Installation) -> Command:
        address = installation.address("stripe")
        secrets = stripe(installation)["STRIPE_WEBHOOK_SECRETS"].replace(",", " ")
        settings = {
            "LISTEN": address,
            "PUBLIC_URL": f"http://{address}",
            "STATE_DIR": str(installation.folder("stripe")),
            "WEBHOOK_URL": f"http://{installation.address('edge')}/webhooks/stripe",
            "WEBHOOK_SECRET": secrets,
        }
        environment = {f"STRIPE_STANDIN_{name}": value for name, value in settings.items()}
        arguments = ("-m", "deploy.local.stripe", "serve")
        return Command((sys.executable, *arguments), {**PYTHON_ENVIRONMENT, **environment})

    def ready(self, installation: Installation) -> None:
        require_http(f"http://{installation.address('stripe')}/_control/health")
