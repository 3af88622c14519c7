"""Fills the demo shop by its generator, through the edge, as the staff member would."""

import subprocess
import sys

from deploy.local import addresses
from deploy.local.accounts import accounts
from deploy.local.bootstrap import ROOT
from deploy.local.errors import StackError
from deploy.local.files import fingerprint_of
from deploy.local.installation import Installation
from deploy.local.progress import Progress
from deploy.local.supervisor import base_environment

GENERATOR = ROOT / "deploy" / "local" / "shop"


def fingerprint() -> str:
    """Changes when the generator does."""
    return fingerprint_of(GENERATOR)


def seed(installation: Installation, progress: Progress, api: str | None = None) -> None:
    """Through the edge, or the one at `api`, create the products that aren't there yet.

    Their pictures go to the state folder's `media/`.
    """
    progress.say("seeding the demo shop")
    _, staff = accounts(installation)
    place = ("--api", api or addresses.public(installation), "--media-dir", str(installation.folder("media")))
    pictures = ("--media-url", f"http://{installation.address('media')}")
    log_in = ("--email", staff.email, "--password-stdin")
    currency = ("--currency", installation.overrides.get("SHOPMESH_CURRENCY", "EUR"))
    finished = subprocess.run(
        [sys.executable, "-m", "deploy.local.shop", "seed", *place, *pictures, *log_in, *currency],
        input=staff.password,
        text=True,
        check=False,
        cwd=ROOT,
        env=base_environment(),
    )
    if finished.returncode:
        raise StackError("seeding the demo shop failed, see above; `make up` again goes on from there")
