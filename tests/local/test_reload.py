"""Which services an edit concerns."""

from pathlib import Path

from deploy.local.bootstrap import ROOT
from deploy.local.installation import SERVICES
from deploy.local.reload import affected


def test_an_edited_service_restarts_alone() -> None:
    assert affected([ROOT / "services" / "order" / "domain" / "order.py"]) == {"order"}


def test_the_chassis_and_generated_code_concern_everybody() -> None:
    assert affected([ROOT / "services" / "chassis" / "errors.py"]) == set(SERVICES)
    assert affected([ROOT / "gen" / "shopmesh" / "order_pb2.py"]) == set(SERVICES)


def test_other_files_concern_nobody() -> None:
    assert affected([ROOT / "README.md", Path("/elsewhere/order.py")]) == set()
